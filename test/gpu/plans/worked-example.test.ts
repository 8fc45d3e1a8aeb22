import { afterAll, expect, test } from "vitest";
import { dense, sequential } from "../../../src/model/layer.ts";
import { sgd } from "../../../src/model/optimizer.ts";
import { createTrainer } from "../../../src/run/trainer.ts";
import type { TrainerOptions } from "../../../src/run/types.ts";
import golden from "../../golden/worked-example.json";
import { expectClose, UNIT_ROUNDOFF } from "../../helpers/compare.ts";
import { useDevice } from "../../helpers/device.ts";

const device = await useDevice();
const trainable = { weights: true, bias: false };
const data = { inputs: golden.X.flat(), targets: golden.Y.flat() };
const options: TrainerOptions = {
  model: sequential([dense(2, "sigmoid", { trainable }), dense(2, "sigmoid", { trainable })]),
  loss: "halfSquaredError",
  optimizer: sgd({ learningRate: golden.learningRate }),
  data,
};
const trainer = await createTrainer(device, options);
const textbook = await createTrainer(device, { ...options, fuse: false });
afterAll(() => {
  trainer.dispose();
  textbook.dispose();
});

/**
 * Two products, two sums and a sigmoid (8 ulp for these arguments, most of it its exponential) twice over: an output is
 * right to 32 roundings, and so is E, whose slope by an output is at most 1.
 */
const FORWARD = 32 * UNIT_ROUNDOFF;

/** η times a gradient of at most 0.1, right to 64 roundings, and the rounding of a weight of at most 1. */
const UPDATE = (0.5 * 0.1 * 64 + 1) * UNIT_ROUNDOFF;

const UPDATES = 10_000;

const start = Object.fromEntries(
  golden.layers.flatMap(({ W, b }, index) => [
    [`W${index + 1}`, W.flat()],
    [`b${index + 1}`, b],
  ]),
);

test.each([
  ["textbook", textbook],
  ["fused", trainer],
])(
  "worked example, %s plan › E and the weights before and after one update are the published ones",
  async (_, trainer) => {
    await trainer.setParameters(start);
    const { loss } = await trainer.step();
    expectClose("E", [loss], [0.298371109], FORWARD + 5e-10);
    const { W1, W2, b1, b2 } = await trainer.parameters();
    const [first = [], second = []] = golden.W[1];
    expectClose("W1", W1 ?? [], first.flat(), UPDATE);
    expectClose("W2", W2 ?? [], second.flat(), UPDATE);
    // As printed: w1⁺ and w5⁺ to eight digits.
    expectClose("w1, w5", [W1?.[0] ?? 0, W2?.[0] ?? 0], [0.14978072, 0.35891648], UPDATE + 5e-9);
    expect([b1, b2]).toEqual([Float32Array.of(0.35, 0.35), Float32Array.of(0.6, 0.6)]);
    const after = await trainer.evaluate(data);
    expectClose("E after one update", [after.loss], [0.291027774], FORWARD + 5e-10);
    // The error that a much-copied text prints comes of hidden deltas taken from weights already updated.
    expect(Math.abs(after.loss - 0.291027774)).toBeLessThan(Math.abs(after.loss - 0.291027924) / 3);
  },
);

test("worked example › E after 10,000 updates is the published one", async () => {
  const { step } = await trainer.step(UPDATES - 1);
  expect(step).toBe(UPDATES);
  // Weights stay below 4: each update rounds by at most 2⁻²³, and all updates together move E by at most its gradient
  // times that; the descent itself only lessens what was wrong before.
  await textbook.setParameters(await trainer.parameters());
  await textbook.step();
  const [first, second] = [await textbook.read("gW1"), await textbook.read("gW2")];
  const gradient = [...first.data, ...second.data].reduce((sum, value) => sum + Math.abs(value), 0);
  const { loss } = await trainer.evaluate(data);
  expectClose("E", [loss], [golden.published.E10000], UPDATES * 2 ** -23 * gradient + FORWARD * loss);
});
