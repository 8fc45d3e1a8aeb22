import type { Loss } from "../../src/model/loss.ts";
import type { Words } from "./compare.ts";
import { random, randomIntegers } from "./gpu.ts";

interface Targets {
  /** Seeded targets of rows with so many outputs. */
  readonly of: (rows: number, outputs: number, seed: number, scale?: number) => Words;
  /** Those of one row. */
  readonly row: (y: Words, i: number, outputs: number) => number[];
}

/** What a loss compares outputs with: the class of a row, or a number for each output. */
export const targets: Readonly<Record<Loss, Targets>> = {
  softmaxCrossEntropy: {
    of: (rows, outputs, seed) => randomIntegers(rows, seed, outputs),
    row: (y, i) => Array.from(y.subarray(i, i + 1)),
  },
  halfSquaredError: {
    of: (rows, outputs, seed, scale) => random(rows * outputs, seed, scale),
    row: (y, i, outputs) => Array.from(y.subarray(i * outputs, (i + 1) * outputs)),
  },
};
