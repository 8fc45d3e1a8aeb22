import type { Task } from "../data/task.ts";
import { ModelError } from "../errors.ts";
import type { Activation } from "../model/activation.ts";
import { dense, type Model, sequential } from "../model/layer.ts";
import type { Loss } from "../model/loss.ts";
import { adam, adamw, type Decay, type Optimizer, sgd } from "../model/optimizer.ts";
import { formatCount, formatNumber } from "./format.ts";

export const optimizerNames = ["sgd", "momentum", "adam", "adamw"] as const;

type OptimizerName = (typeof optimizerNames)[number];

/** η where none is given. */
export const learningRates: Readonly<Record<OptimizerName, number>> = {
  sgd: 0.1,
  momentum: 0.01,
  adam: 0.001,
  adamw: 0.001,
};

/** What the command line says of a network and its training. */
export interface NetworkOptions {
  /** Units of the hidden layers. */
  readonly layers: readonly number[];
  readonly activation: Activation;
  readonly batch?: number;
  readonly optimizer: OptimizerName;
  readonly momentum?: number;
  readonly learningRate?: number;
  readonly weightDecay: number;
  readonly decay?: Decay;
}

/** @param rows to train on @throws ModelError where a batch takes more */
export function checkBatch({ batch }: NetworkOptions, rows: number): void {
  if (batch === undefined || batch <= rows) return;
  refuse("--batch", `${batch} rows`, `at most ${rows}, the rows to train on`, "take a smaller batch or more rows");
}

/** @param outputs classes, or columns of the target */
export const modelOf = ({ layers, activation }: NetworkOptions, outputs: number): Model =>
  sequential([...layers.map((units) => dense(units, activation)), dense(outputs)]);

export const lossOf = (task: Task): Loss => (task === "classification" ? "softmaxCrossEntropy" : "halfSquaredError");

/** @throws ModelError where an option does not belong to the optimizer, or a value is out of its range */
export function optimizerOf(options: NetworkOptions): Optimizer {
  const { optimizer: name, weightDecay, momentum } = options;
  const { learningRate = learningRates[name], decay = "per-batch" } = options;
  const adaptive = name === "adam" || name === "adamw";
  if (adaptive && momentum !== undefined) {
    refuse("--momentum", `momentum with ${name}`, "sgd or momentum as the optimizer", "leave --momentum out");
  }
  if (name === "adamw" && options.decay !== undefined) {
    refuse("--decay", "decay with adamw", "another optimizer, since adamw always decays per step", "leave --decay out");
  }
  if (name === "adamw") return adamw({ learningRate, weightDecay });
  if (name === "adam") return adam({ learningRate, weightDecay, decay });
  return sgd({ learningRate, weightDecay, decay, momentum: momentum ?? (name === "momentum" ? 0.9 : 0) });
}

/** `64 → 64 relu → 10, 4,810 parameters, softmaxCrossEntropy`. */
export function describeNetwork({ layers }: Model, inputs: number, loss: Loss): string {
  let width = inputs;
  let parameters = 0;
  const parts = layers.map(({ units, activation }) => {
    parameters += units * (width + 1);
    width = units;
    return activation === "identity" ? `${units}` : `${units} ${activation}`;
  });
  return `${[inputs, ...parts].join(" → ")}, ${formatCount(parameters, "parameter")}, ${loss}`;
}

/** `sgd, learning rate 0.1, momentum 0.9, weight decay 0.001 per-batch`. */
export function describeOptimizer({ optimizer, weightDecay }: NetworkOptions, described: Optimizer): string {
  const parts = [`learning rate ${formatNumber(described.schedule.learningRate)}`];
  if (described.kind === "sgd" && described.momentum > 0) parts.push(`momentum ${described.momentum}`);
  if (weightDecay > 0) parts.push(`weight decay ${weightDecay} ${described.decay}`);
  return [optimizer, ...parts].join(", ");
}

function refuse(where: string, got: string, expected: string, remedy: string): never {
  throw new ModelError({ where, got, expected, remedy });
}
