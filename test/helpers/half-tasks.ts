import { type Dense, dense } from "../../src/model/layer.ts";
import type { Loss } from "../../src/model/loss.ts";
import { adam, type Optimizer, sgd } from "../../src/model/optimizer.ts";
import { cosine } from "../../src/model/schedule.ts";
import type { Dataset } from "../../src/run/types.ts";
import { random } from "./gpu.ts";

/** A training to be compared in f32 and f16. */
export interface Task {
  readonly layers: readonly Dense[];
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  readonly data: Dataset;
  readonly rows: number;
  readonly batch: number;
  readonly shuffle?: boolean;
  readonly steps: number;
}

/**
 * How far the final loss of f16 may lie from that of f32, relative to it.
 *
 * With u = 2⁻¹¹, the unit roundoff of f16: each W, h and dz that a gradient is made of is rounded once, and products and sums of
 * them are f32. In a network of L layers the gradient of the lowest is made of L copies of weights and L activations on the way
 * up and of as many weights and deltas on the way down, so that it is wrong by at most 4Lu relative to what it sums: ε = 0.6 %
 * for three layers, if no error were to cancel another. φ′ and the sums do not enlarge this while no unit saturates.
 * Descent along g(1 ± ε) lowers the loss by (1 ± ε) of what descent along g does, to first order in η. So the final losses
 * differ by no more than ε(L₀ − L_T), which is at most ε L_T where L_T is at least half of L₀. The tests assert that it is.
 * Later the two part: where hardly any loss is left, a small difference is a large part of it.
 */
export const HALF_BOUND = 0.01;

const [ROWS, BATCH, STEPS] = [500, 64, 120] as const;
const COLUMNS = 6;
const inputs = random(ROWS * COLUMNS, 1);

const row = (i: number): number[] => Array.from(inputs.subarray(i * COLUMNS, (i + 1) * COLUMNS));

/** Three classes by where the row lies, and a third of them at random: the loss has a floor. */
const noise = random(ROWS, 2);
const labels = Array.from({ length: ROWS }, (_, i) => {
  const [a = 0, b = 0, c = 0] = row(i);
  const own = a + b > 0 ? (c > 0 ? 2 : 1) : 0;
  return (noise[i] ?? 0) > 0.33 ? Math.floor(((noise[i] ?? 0) * 1e4) % 3) : own;
});

/** Two smooth functions of a row, and noise, which the loss cannot fall below. */
const curves = Array.from({ length: ROWS }, (_, i) => {
  const [a = 0, b = 0, c = 0] = row(i);
  return [Math.sin(3 * a) * b + 1.4 * (noise[i] ?? 0), a * c - 1.4 * (noise[ROWS - 1 - i] ?? 0)];
}).flat();

const classifier = {
  loss: "softmaxCrossEntropy",
  data: { inputs, targets: labels },
  rows: ROWS,
  batch: BATCH,
} as const;
const regressor = { loss: "halfSquaredError", data: { inputs, targets: curves }, rows: ROWS, batch: BATCH } as const;

/** Every optimizer, narrow and wide outputs, all activations, a schedule, partial batches. */
export const halfTasks: Readonly<Record<string, Task>> = {
  "a classifier by momentum, three layers": {
    ...classifier,
    layers: [dense(24, "relu"), dense(16, "tanh"), dense(3)],
    optimizer: sgd({ learningRate: cosine({ learningRate: 0.05, steps: 110, warmup: 10 }), momentum: 0.9 }),
    steps: STEPS,
  },
  "a classifier by adam": {
    ...classifier,
    layers: [dense(24, "sigmoid"), dense(3)],
    optimizer: adam({ learningRate: 0.01, weightDecay: 0.1 }),
    steps: STEPS,
  },
  "a classifier of a wide output": {
    ...classifier,
    layers: [dense(16, "tanh"), dense(40)],
    optimizer: sgd({ learningRate: 0.02 }),
    steps: STEPS,
  },
  "a regressor by sgd": {
    ...regressor,
    layers: [dense(24, "tanh"), dense(16, "relu"), dense(2)],
    optimizer: sgd({ learningRate: 0.02, weightDecay: 0.1 }),
    steps: STEPS,
  },
};
