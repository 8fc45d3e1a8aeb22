import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  adam,
  adamw,
  cosine,
  createTrainer,
  type Device,
  dense,
  type Loss,
  NumericError,
  type Optimizer,
  openDevice,
  sequential,
  sgd,
  stepDecay,
  type Trainer,
} from "../../src/index.ts";
import { reduceGroup } from "../../src/kernels/record.ts";
import { uniform01 } from "../../src/model/random.ts";
import { expectClose, gamma } from "../helpers/compare.ts";
import { groupRoundings, rowErrors } from "../helpers/tolerances.ts";

/** Rows of the data: not a multiple of the batch, so that the last batch of each epoch is partial. */
const ROWS = 45;
const INPUTS = 3;

const numbers = (count: number, stream: number) =>
  Float32Array.from({ length: count }, (_, i) => 2 * uniform01(1, stream, i) - 1);

const networks = {
  "one layer": [dense(3)],
  "two layers": [dense(8, "relu"), dense(3)],
  "three layers without a bias": [dense(5, "tanh"), dense(4, "sigmoid", { bias: false }), dense(3)],
  "four layers, one of them frozen": [
    dense(4, "tanh"),
    dense(4, "identity", { trainable: false }),
    dense(4, "sigmoid", { trainable: { weights: true, bias: false } }),
    dense(3),
  ],
};

const optimizers: Readonly<Record<string, Optimizer>> = {
  "sgd with decay of a rate that drops": sgd({
    learningRate: stepDecay({ learningRate: 0.2, every: 7, factor: 0.5 }),
    weightDecay: 0.05,
  }),
  "momentum, decay per step of biases too": sgd({
    learningRate: 0.05,
    momentum: 0.9,
    weightDecay: 0.05,
    decay: "per-step",
    decayBiases: true,
  }),
  adam: adam({ learningRate: cosine({ learningRate: 0.02, steps: 60, warmup: 5 }), weightDecay: 0.05 }),
  adamw: adamw({ learningRate: 0.02, weightDecay: 0.05 }),
};

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});
afterAll(() => device.destroy());

function make(
  layers: (typeof networks)[keyof typeof networks],
  optimizer: Optimizer,
  loss: Loss,
  oneDispatch: boolean,
): Promise<Trainer> {
  const targets = loss === "softmaxCrossEntropy" ? Array.from({ length: ROWS }, (_, i) => i % 3) : numbers(3 * ROWS, 9);
  const data = { inputs: numbers(INPUTS * ROWS, 8), targets };
  return createTrainer(device, { model: sequential(layers), loss, optimizer, data, batch: 16, seed: 4, oneDispatch });
}

/** Every parameter bit for bit: each element is summed in the same order as by a dispatch for each layer. */
async function expectSameParameters(one: Trainer, other: Trainer): Promise<void> {
  const [left, right] = [await one.parameters(), await other.parameters()];
  expect(Object.keys(left)).toEqual(Object.keys(right));
  for (const [name, values] of Object.entries(right)) expect([name, left[name]]).toEqual([name, values]);
}

describe("whole steps in one dispatch", () => {
  // Each network by every other optimizer and each optimizer by every other network, since a pipeline with barriers is slow
  // to compile on a software adapter.
  const cases = Object.entries(networks).flatMap(([network, layers], index) =>
    Object.entries(optimizers).flatMap(([name, optimizer], at) => {
      const loss: Loss = index < 2 ? "softmaxCrossEntropy" : "halfSquaredError";
      return (index + at) % 2 === 0 ? [{ network, name, layers, optimizer, loss }] : [];
    }),
  );

  it.each(cases)("train $network by $name as a dispatch for each layer does", async (given) => {
    const { layers, optimizer, loss } = given;
    const [whole, fused] = [await make(layers, optimizer, loss, true), await make(layers, optimizer, loss, false)];
    expect(whole.plan.steps.map(({ kernel }) => kernel)).toEqual(["wholeSteps"]);
    expect(fused.plan.steps.length).toBeGreaterThan(1);
    for (const steps of [1, 30, 69]) {
      const [report, expected] = [await whole.step(steps), await fused.step(steps)];
      // L and s alone are summed in another order: 16 rows, and the squares of at most 59 parameters, which meet 64 roundings
      // at most on either side.
      const tolerance = gamma(2 * 64);
      for (const key of ["loss", "penalty"] as const) {
        expect(Math.abs(report[key] - expected[key]) <= tolerance * Math.max(expected[key], 2 ** -20)).toBe(true);
      }
      expect(report).toMatchObject({
        step: expected.step,
        epoch: expected.epoch,
        rows: expected.rows,
        accuracy: expected.accuracy,
        learningRate: expected.learningRate,
      });
      await expectSameParameters(whole, fused);
    }
    whole.dispose();
    fused.dispose();
  });

  it("do not depend on how many steps a submit has", async () => {
    const layers = networks["two layers"];
    const optimizer = adam({ learningRate: 0.02, weightDecay: 0.05 });
    const [once, often] = [
      await make(layers, optimizer, "softmaxCrossEntropy", true),
      await make(layers, optimizer, "softmaxCrossEntropy", true),
    ];
    await once.step(50);
    for (const steps of [1, 2, 3, 7, 11, 26]) await often.step(steps);
    await expectSameParameters(once, often);
    once.dispose();
    often.dispose();
  });

  it("take up parameters and a saved run, and are judged between two submits", async () => {
    const layers = networks["two layers"];
    const optimizer = sgd({ learningRate: 0.1, momentum: 0.9 });
    const [first, second] = [
      await make(layers, optimizer, "softmaxCrossEntropy", true),
      await make(layers, optimizer, "softmaxCrossEntropy", false),
    ];
    await first.step(20);
    await second.load(await first.save());
    await expectSameParameters(first, second);
    await first.step(20);
    await second.step(20);
    await expectSameParameters(first, second);
    const zero = { W2: new Float32Array(24), b2: new Float32Array(3) };
    first.setParameters(zero);
    const { loss } = await first.evaluate({ inputs: numbers(INPUTS * ROWS, 8), targets: new Uint32Array(ROWS) });
    // Logits of 0 give each of the 3 classes a probability of 1/3, and each row the loss log 3.
    const each = rowErrors("softmaxCrossEntropy", [0, 0, 0], [0]).loss;
    const summing = gamma(groupRoundings(ROWS, reduceGroup(ROWS))) * Math.log(3);
    expectClose("L/|B|", [loss], [Math.log(3)], each + summing);
    first.dispose();
    second.dispose();
  });

  it.each(Object.entries(optimizers))("go on exactly where a saved run by %s stood", async (_, optimizer) => {
    const layers = networks["two layers"];
    const [through, first, second] = [
      await make(layers, optimizer, "softmaxCrossEntropy", true),
      await make(layers, optimizer, "softmaxCrossEntropy", true),
      await make(layers, optimizer, "softmaxCrossEntropy", true),
    ];
    await through.step(24);
    await first.step(11);
    const bytes = await first.save();
    await second.load(bytes.buffer);
    await second.step(13);
    await expectSameParameters(second, through);
    for (const trainer of [through, first, second]) trainer.dispose();
  });

  it("stop before an update by a loss that is not finite, and go on once the parameters are set", async () => {
    const trainer = await make(networks["two layers"], sgd({ learningRate: 0.1 }), "softmaxCrossEntropy", true);
    await trainer.step(3);
    const before = await trainer.parameters();
    const huge = { ...before, W1: new Float32Array(24).fill(3e38), W2: new Float32Array(24).fill(3e38) };
    trainer.setParameters(huge);
    const failure = await trainer.step(20).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(NumericError);
    expect(failure).toMatchObject({ step: 4 });
    expect(await trainer.parameters()).toEqual(huge);
    trainer.setParameters(before);
    const report = await trainer.step(5);
    expect(report.step).toBe(8);
    expect(Number.isFinite(report.loss)).toBe(true);
    trainer.dispose();
  });
});
