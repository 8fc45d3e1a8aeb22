import { expect } from "vitest";
import type { Device } from "../../src/device/open.ts";
import { type Dense, sequential } from "../../src/model/layer.ts";
import { adam, type Optimizer, sgd } from "../../src/model/optimizer.ts";
import { uniform01 } from "../../src/model/random.ts";
import { stepDecay } from "../../src/model/schedule.ts";
import { createTrainer } from "../../src/run/trainer.ts";
import { expectClose } from "./compare.ts";

/** Batches of 2100, 2100 and 600 rows: 5 parts of 512, the last two of which reach only some. */
const [BATCH, ROWS] = [2100, 4800];

const numbers = (count: number, stream: number) =>
  Float32Array.from({ length: count }, (_, i) => 2 * uniform01(1, stream, i) - 1);

export const splitOptimizers: Readonly<Record<string, Optimizer>> = {
  "sgd with decay of a rate that drops": sgd({
    learningRate: stepDecay({ learningRate: 0.2, every: 7, factor: 0.9 }),
    weightDecay: 0.05,
    decayBiases: true,
  }),
  adam: adam({ learningRate: 0.01, weightDecay: 0.05 }),
};

/** Trains three layers by split sums and by the textbook's plan, and compares them after each part of the steps. */
export async function expectSplitAsTextbook(
  device: Device,
  inputs: number,
  layers: readonly Dense[],
  optimizer: Optimizer,
  parts: readonly number[],
): Promise<void> {
  const values = numbers(ROWS * inputs, 8);
  const outputs = layers.at(-1)?.units ?? 0;
  const targets = Float32Array.from({ length: outputs * ROWS }, (_, i) =>
    Math.sin(3 * (values[inputs * Math.floor(i / outputs)] ?? 0) + (i % outputs)),
  );
  const make = (fuse: boolean) =>
    createTrainer(device, {
      model: sequential(layers),
      loss: "halfSquaredError",
      optimizer,
      data: { inputs: values, targets },
      batch: BATCH,
      seed: 4,
      fuse,
    });
  const [split, textbook] = [await make(true), await make(false)];
  const kernels = split.plan.steps.map(({ kernel }) => kernel);
  // 3L dispatches, and one more for each split sum.
  expect(kernels).toHaveLength(3 * layers.length + layers.length);
  expect(kernels.filter((kernel) => kernel === "splitUpdate")).toHaveLength(layers.length);
  for (const steps of parts) {
    const [report, expected] = [await split.step(steps), await textbook.step(steps)];
    expectClose("loss", [report.loss], [expected.loss], 2e-5 * expected.loss);
    expectClose("penalty", [report.penalty], [expected.penalty], 2e-5 * expected.penalty);
    const [got, wanted] = [await split.parameters(), await textbook.parameters()];
    for (const [name, values] of Object.entries(wanted)) {
      expectClose(name, got[name] ?? [], values, 2e-5 * Math.max(...values.map(Math.abs)));
    }
  }
  split.dispose();
  textbook.dispose();
}
