import { afterAll, describe, expect, it } from "vitest";
import {
  adam,
  createTrainer,
  dense,
  type Optimizer,
  openDevice,
  sequential,
  sgd,
  stepDecay,
} from "../../../src/index.ts";
import { uniform01 } from "../../../src/model/random.ts";
import { expectClose } from "../../helpers/compare.ts";

const device = await openDevice();
afterAll(() => device.destroy());

/** Batches of 2100, 2100 and 600 rows: 5 parts of 512, the last two of which reach only some. */
const [BATCH, ROWS, INPUTS] = [2100, 4800, 3];

const numbers = (count: number, stream: number) =>
  Float32Array.from({ length: count }, (_, i) => 2 * uniform01(1, stream, i) - 1);

const optimizers: Readonly<Record<string, Optimizer>> = {
  "sgd with decay of a rate that drops": sgd({
    learningRate: stepDecay({ learningRate: 0.2, every: 7, factor: 0.9 }),
    weightDecay: 0.05,
    decayBiases: true,
  }),
  adam: adam({ learningRate: 0.01, weightDecay: 0.05 }),
};

describe.each(Object.entries(optimizers))("sums split over a long batch, %s", (_, optimizer) => {
  it("train as the textbook plan does, over 100 steps", async () => {
    const inputs = numbers(ROWS * INPUTS, 8);
    const targets = Float32Array.from({ length: 2 * ROWS }, (_, i) =>
      Math.sin(3 * (inputs[INPUTS * (i >> 1)] ?? 0) + (i & 1)),
    );
    const make = (fuse: boolean) =>
      createTrainer(device, {
        model: sequential([dense(17, "tanh"), dense(9, "tanh"), dense(2)]),
        loss: "halfSquaredError",
        optimizer,
        data: { inputs, targets },
        batch: BATCH,
        seed: 4,
        fuse,
      });
    const [split, textbook] = [await make(true), await make(false)];
    const kernels = split.plan.steps.map(({ kernel }) => kernel);
    // 3L dispatches, and one more for each split sum.
    expect(kernels).toHaveLength(3 * 3 + 3);
    expect(kernels.filter((kernel) => kernel === "splitUpdate")).toHaveLength(3);
    for (const steps of [1, 30, 69]) {
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
  });
});
