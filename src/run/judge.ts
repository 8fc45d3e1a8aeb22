import type { Inference } from "./backend.ts";
import { checkDataset } from "./dataset.ts";
import type { Network } from "./network.ts";
import { checkRows } from "./rows.ts";
import type { Turns } from "./turns.ts";
import type { ByteScale, Predictor } from "./types.ts";
import { taking } from "./unfit.ts";

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
  const call = <N extends keyof Inference<P>>(name: N, take: (where: string) => Parameters<Inference<P>[N]>[0]) =>
    taking<unknown>(name, (where) => {
      const given = take(where);
      return inTurn(async () => (await infer())[name](given as never));
    }) as ReturnType<Judge<P>[N]>;
  return {
    evaluate: (data) => call("evaluate", (where) => checkDataset(where, data, network)),
    predict: (inputs, byteScale) => call("predict", (where) => checkRows(where, inputs, byteScale, network)),
    probe: (inputs, byteScale) => call("probe", (where) => checkRows(where, inputs, byteScale, network)),
  };
}
