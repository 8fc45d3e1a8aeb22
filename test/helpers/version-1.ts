import { dense, sequential } from "../../src/model/layer.ts";
import { adam, adamw, type Optimizer, sgd } from "../../src/model/optimizer.ts";
import type { TrainerOptions } from "../../src/run/types.ts";
import { base64 } from "./version-1.json";

/** The optimizers that the files of version 1 were written with, and `f16`, by Adam. */
export const writers: Readonly<Record<string, Optimizer>> = {
  sgd: sgd({ learningRate: 0.1 }),
  momentum: sgd({ learningRate: 0.1, momentum: 0.9 }),
  adam: adam({ learningRate: 0.02 }),
  adamw: adamw({ learningRate: 0.02, weightDecay: 0.1 }),
  f16: adam({ learningRate: 0.02 }),
};

/** What they were trained with: 5 steps, of which an epoch has 3. */
export const oldOptions: Omit<TrainerOptions, "optimizer"> = {
  model: sequential([dense(3, "tanh"), dense(2)]),
  loss: "softmaxCrossEntropy",
  data: {
    inputs: Array.from({ length: 20 }, (_, i) => ((i * 7) % 11) / 8 - 0.5),
    targets: Array.from({ length: 10 }, (_, i) => (i * 3) % 2),
  },
  batch: 4,
  seed: 5,
};

/** A file as it was written before files named their optimizer; `alone` holds the parameters alone. */
export function oldFile(name: string): Uint8Array<ArrayBuffer> {
  const text = Object.entries(base64).find(([key]) => key === name)?.[1];
  if (text === undefined) throw new Error(`version-1.json: no file ${name}`);
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
