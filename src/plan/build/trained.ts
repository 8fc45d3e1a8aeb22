import { hasPenalty, type Optimizer } from "../../model/optimizer.ts";
import type { NetworkSpec } from "./draft.ts";

export interface TrainSpec extends NetworkSpec {
  readonly optimizer: Optimizer;
  /** Rows of the data set. */
  readonly dataRows: number;
  readonly shuffle: boolean;
  /** Whether the inputs of the data set are packed bytes; f32 if left out. */
  readonly bytes?: boolean | undefined;
}

/** A parameter that is not frozen: W `[units, inputs]` or b `[units]`. */
export interface Trained {
  readonly name: string;
  readonly shape: readonly number[];
  /** Whether λ shrinks it: weights, and biases if asked. */
  readonly decays: boolean;
  /** Whether it is in the penalty, so that λ̃ω is in its gradient. */
  readonly penalized: boolean;
}

/** The parameters of each layer that are not frozen, W before b. */
export function trainedParameters({ layers, optimizer }: TrainSpec): Trained[][] {
  return layers.map(({ inputs, units, bias, trainable }, index) => {
    const parameter = (name: string, shape: readonly number[], decays: boolean): Trained => ({
      name: `${name}${index + 1}`,
      shape,
      decays: decays && optimizer.weightDecay > 0,
      penalized: decays && hasPenalty(optimizer),
    });
    return [
      ...(trainable.weights ? [parameter("W", [units, inputs], true)] : []),
      ...(bias && trainable.bias ? [parameter("b", [units], optimizer.decayBiases)] : []),
    ];
  });
}
