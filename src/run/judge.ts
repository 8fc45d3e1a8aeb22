import type { Inference } from "./backend.ts";
import { checkDataset } from "./dataset.ts";
import type { Network } from "./network.ts";
import { checkRows } from "./rows.ts";
import type { Predictor } from "./types.ts";

/**
 * The calls that judge and predict rows: what they are given is checked and copied at the call, and then waits for its turn.
 * @param infer gives, in that turn, what does the work
 */
export function createJudge(
  network: Network,
  inTurn: <T>(work: () => T | Promise<T>) => Promise<T>,
  infer: () => Inference | Promise<Inference>,
): Pick<Predictor, "evaluate" | "predict"> {
  return {
    async evaluate(data) {
      const rows = checkDataset("evaluate", data, network);
      return inTurn(async () => (await infer()).evaluate(rows));
    },
    async predict(inputs, byteScale) {
      const { rows, values } = checkRows("predict", inputs, byteScale, network);
      return inTurn(async () => (await infer()).predict(values, rows));
    },
  };
}
