import type { Activation } from "../model/activation.ts";
import { glorot, he } from "../model/initializer.ts";
import { dense, type Model, sequential } from "../model/layer.ts";
import type { Loss } from "../model/loss.ts";
import { adam, adamw, type Decay, type Optimizer, sgd } from "../model/optimizer.ts";
import { refuse } from "../model/options.ts";
import { cosine } from "../model/schedule.ts";
import { formatCount, formatNumber } from "./format.ts";

export const optimizerNames = ["sgd", "momentum", "adam", "adamw"] as const;

type OptimizerName = (typeof optimizerNames)[number];

export const initializerNames = ["glorot", "he"] as const;

export const scheduleNames = ["constant", "cosine"] as const;

type ScheduleName = (typeof scheduleNames)[number];

/** η where none is given, and what becomes of it where that is not said. */
const defaults: Readonly<Record<OptimizerName, { readonly rate: number; readonly schedule: ScheduleName }>> = {
  sgd: { rate: 0.1, schedule: "constant" },
  momentum: { rate: 0.01, schedule: "constant" },
  adam: { rate: 0.01, schedule: "cosine" },
  adamw: { rate: 0.01, schedule: "cosine" },
};

/** What the command line says of a network and its training. */
export interface NetworkOptions {
  /** Units of the hidden layers. */
  readonly layers: readonly number[];
  readonly activation: Activation;
  /** How the weights of the hidden layers begin; the last layer's are Glorot's. */
  readonly initializer: (typeof initializerNames)[number];
  readonly batch?: number;
  readonly epochs: number;
  readonly optimizer: OptimizerName;
  readonly momentum?: number;
  readonly learningRate?: number;
  readonly schedule?: ScheduleName;
  readonly weightDecay: number;
  readonly decay?: Decay;
}

/** Most steps that a training counts. */
const mostSteps = 2 ** 32 - 1;

/**
 * Steps of the whole training.
 * @param rows to train on
 * @throws ModelError where a batch takes more rows, or the steps are more than are counted
 */
export function stepsOf(options: NetworkOptions, rows: number): number {
  const { batch = Math.min(32, rows), epochs } = options;
  if (batch > rows) {
    refuse("--batch", `${batch} rows`, `at most ${rows}, the rows to train on`, "take a smaller batch or more rows");
  }
  const each = Math.ceil(rows / batch);
  const most = Math.floor(mostSteps / each);
  if (epochs > most) {
    const steps = formatCount(each, "step");
    refuse(
      "--epochs",
      `${epochs} of ${steps} each`,
      `at most ${most}, since a training counts ${mostSteps} steps`,
      "train for fewer epochs",
    );
  }
  return epochs * each;
}

/** @param outputs classes, or columns of the target */
export const modelOf = ({ layers, activation, initializer }: NetworkOptions, outputs: number): Model => {
  const options = { initializer: { glorot, he }[initializer]() };
  return sequential([...layers.map((units) => dense(units, activation, options)), dense(outputs)]);
};

/** η where none is given. */
export const defaultRate = ({ optimizer }: NetworkOptions): number => defaults[optimizer].rate;

/** η of the first step. */
export const learningRateOf = (options: NetworkOptions): number => options.learningRate ?? defaultRate(options);

/**
 * @param steps of the whole training, over which a cosine goes
 * @throws ModelError where an option does not belong to the optimizer, or a value is out of its range
 */
export function optimizerOf(options: NetworkOptions, steps: number): Optimizer {
  const { optimizer: name, weightDecay, momentum, decay = "per-batch" } = options;
  const rate = learningRateOf(options);
  const adaptive = name === "adam" || name === "adamw";
  if (adaptive && momentum !== undefined) {
    refuse("--momentum", `momentum with ${name}`, "sgd or momentum as the optimizer", "leave --momentum out");
  }
  if (name === "adamw" && options.decay !== undefined) {
    refuse("--decay", "decay with adamw", "another optimizer, since adamw always decays per step", "leave --decay out");
  }
  const { schedule = defaults[name].schedule } = options;
  const learningRate = schedule === "cosine" ? cosine({ learningRate: rate, steps }) : rate;
  if (name === "adamw") return adamw({ learningRate, weightDecay });
  if (name === "adam") return adam({ learningRate, weightDecay, decay });
  return sgd({ learningRate, weightDecay, decay, momentum: momentum ?? (name === "momentum" ? 0.9 : 0) });
}

/** Layers that are told one by one. */
const TOLD = 32;

/** `64 → 64 relu → 10, 4,810 parameters, softmaxCrossEntropy`. */
export function describeNetwork({ layers }: Model, inputs: number, loss: Loss): string {
  let width = inputs;
  let parameters = 0;
  const parts = layers.map(({ units, activation }) => {
    parameters += units * (width + 1);
    width = units;
    return activation === "identity" ? `${units}` : `${units} ${activation}`;
  });
  if (parts.length > TOLD) parts.splice(TOLD / 2, parts.length - TOLD, `… ${parts.length - TOLD} more …`);
  return `${[inputs, ...parts].join(" → ")}, ${formatCount(parameters, "parameter")}, ${loss}`;
}

/** `adam, learning rate 0.01 by cosine to 0`, `sgd, learning rate 0.1, momentum 0.9, weight decay 0.001 per-batch`. */
export function describeOptimizer({ optimizer, weightDecay }: NetworkOptions, described: Optimizer): string {
  const { kind, learningRate } = described.schedule;
  const parts = [`learning rate ${formatNumber(learningRate)}${kind === "cosine" ? " by cosine to 0" : ""}`];
  if (described.kind === "sgd" && described.momentum > 0) parts.push(`momentum ${described.momentum}`);
  if (weightDecay > 0) parts.push(`weight decay ${weightDecay} ${described.decay}`);
  return [optimizer, ...parts].join(", ");
}
