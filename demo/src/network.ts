import {
  type Activation,
  adam,
  adamw,
  type Dense,
  dense,
  type Model,
  type Optimizer,
  sequential,
  sgd,
} from "chainrule";

/** Optimizers to choose from, each with its name in words. */
export const optimizerText = { sgd: "SGD", momentum: "SGD, momentum 0.9", adam: "Adam", adamw: "AdamW" } as const;
export type OptimizerName = keyof typeof optimizerText;

export interface OptimizerChoice {
  readonly optimizer: OptimizerName;
  /** η */
  readonly rate: number;
  /** λ */
  readonly decay?: number;
}

/** The library's optimizer, as its command line makes it too. */
export function optimizerOf({ optimizer, rate, decay = 0 }: OptimizerChoice): Optimizer {
  const options = { learningRate: rate, weightDecay: decay };
  switch (optimizer) {
    case "sgd":
      return sgd(options);
    case "momentum":
      return sgd({ ...options, momentum: 0.9 });
    case "adam":
      return adam(options);
    case "adamw":
      return adamw(options);
  }
}

/** Hidden layers of one activation, and the output. @param layers units of the hidden ones */
export const networkOf = (layers: readonly number[], activation: Activation, output: Dense): Model =>
  sequential([...layers.map((units) => dense(units, activation)), output]);

/** Units of the hidden layers as the command line takes them: `64,32`, or `none`. */
export const layersText = (layers: readonly number[]): string => layers.join(",") || "none";
