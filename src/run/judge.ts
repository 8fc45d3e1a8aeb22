import type { Inference } from "./backend.ts";
import { checkDataset } from "./dataset.ts";
import type { Network } from "./network.ts";
import { checkRows } from "./rows.ts";
import type { Turns } from "./turns.ts";
import type { ByteScale, Predictor } from "./types.ts";
import { worded } from "./unfit.ts";

/** @template P what a probe is */
export interface Judge<P> extends Pick<Predictor, "evaluate" | "predict"> {
  probe(inputs: ArrayLike<number>, byteScale?: ByteScale): Promise<P>;
}

/**
 * The calls that judge and predict rows: what they are given is checked and copied at the call, and then waits for its turn.
 * @param infer gives, in that turn, what does the work
 */
export function createJudge<P>(
  network: Network,
  inTurn: Turns,
  infer: () => Inference<P> | Promise<Inference<P>>,
): Judge<P> {
  return {
    evaluate: (data) =>
      worded(async () => {
        const rows = checkDataset("evaluate", data, network);
        return inTurn(async () => (await infer()).evaluate(rows));
      }),
    predict: (inputs, byteScale) =>
      worded(async () => {
        const { rows, values } = checkRows("predict", inputs, byteScale, network);
        return inTurn(async () => (await infer()).predict(values, rows));
      }),
    probe: (inputs, byteScale) =>
      worded(async () => {
        const { rows, values } = checkRows("probe", inputs, byteScale, network);
        return inTurn(async () => (await infer()).probe(values, rows));
      }),
  };
}
