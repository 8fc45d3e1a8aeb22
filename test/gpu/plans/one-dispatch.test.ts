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
  type TrainerOptions,
} from "../../../src/index.ts";
import { LONG_RING_RECORDS } from "../../../src/kernels/control.ts";
import { reduceGroup } from "../../../src/kernels/record.ts";
import type { Dense } from "../../../src/model/layer.ts";
import { uniform01 } from "../../../src/model/random.ts";
import { expectClose, gamma } from "../../helpers/compare.ts";
import { groupRoundings, rowErrors } from "../../helpers/tolerances.ts";

/** Rows of the data: not a multiple of the batch, so that the last batch of each epoch is partial. */
const ROWS = 45;
const INPUTS = 3;

const numbers = (count: number, stream: number) =>
  Float32Array.from({ length: count }, (_, i) => 2 * uniform01(1, stream, i) - 1);

/** Trained with all parameters in registers. */
const small = {
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

/** Too large for that. */
const larger = {
  "two wide layers": [dense(45, "relu"), dense(3)],
  "three wide layers without a bias": [dense(12, "tanh"), dense(16, "sigmoid", { bias: false }), dense(3)],
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

/** The same device as if its lanes were so many. */
const withLanes = (lanes: number): Device => ({ ...device, adapter: { ...device.adapter, lanes } });

function make(
  layers: readonly Dense[],
  optimizer: Optimizer,
  loss: Loss,
  oneDispatch: boolean,
  on = device,
): Promise<Trainer> {
  const targets = loss === "softmaxCrossEntropy" ? Array.from({ length: ROWS }, (_, i) => i % 3) : numbers(3 * ROWS, 9);
  const data = { inputs: numbers(INPUTS * ROWS, 8), targets };
  return createTrainer(on, { model: sequential(layers), loss, optimizer, data, batch: 16, seed: 4, oneDispatch });
}

/** Every parameter bit for bit. */
async function expectSameParameters(one: Trainer, other: Trainer): Promise<void> {
  const [left, right] = [await one.parameters(), await other.parameters()];
  expect(Object.keys(left)).toEqual(Object.keys(right));
  for (const [name, values] of Object.entries(right)) expect([name, left[name]]).toEqual([name, values]);
}

/**
 * Every parameter within 2e-5 of its layer's largest. Both plans sum the same 16 rows, in another order: a gradient is off by
 * γ₁₆ Σ|terms|, some 1e-6 of what it may be at most, and a bias sums the same deltas as its layer's weights.
 */
async function expectCloseParameters(one: Trainer, other: Trainer): Promise<void> {
  const [left, right] = [await one.parameters(), await other.parameters()];
  expect(Object.keys(left)).toEqual(Object.keys(right));
  for (const [name, values] of Object.entries(right)) {
    const layer = name.slice(1);
    const largest = Math.max(...[`W${layer}`, `b${layer}`].flatMap((one) => Array.from(right[one] ?? [], Math.abs)));
    expectClose(name, left[name] ?? [], values, 2e-5 * largest);
  }
}

/** Each network by every other optimizer and each optimizer by every other network: pipelines are slow to compile. */
const casesOf = (networks: Readonly<Record<string, readonly Dense[]>>) =>
  Object.entries(networks).flatMap(([network, layers], index) =>
    Object.entries(optimizers).flatMap(([name, optimizer], at) => {
      const loss: Loss = index < 2 ? "softmaxCrossEntropy" : "halfSquaredError";
      return (index + at) % 2 === 0 ? [{ network, name, layers, optimizer, loss }] : [];
    }),
  );

describe.each([
  { kind: "with parameters in registers", networks: small, registers: true, expectSame: expectCloseParameters },
  { kind: "in workgroup memory", networks: larger, registers: false, expectSame: expectSameParameters },
])("whole steps $kind", ({ networks, registers, expectSame }) => {
  it.each(casesOf(networks))("train $network by $name as a dispatch for each layer does", async (given) => {
    const { layers, optimizer, loss } = given;
    const [whole, fused] = [await make(layers, optimizer, loss, true), await make(layers, optimizer, loss, false)];
    const [step] = whole.plan.steps;
    expect([step?.kernel, step?.variant]).toMatchObject(["wholeSteps", { registers }]);
    expect(fused.plan.steps.length).toBeGreaterThan(1);
    for (const steps of [1, 30, 69]) {
      const [report, expected] = [await whole.step(steps), await fused.step(steps)];
      // L and s are summed in another order too, of parameters that differ as said above.
      for (const key of ["loss", "penalty"] as const)
        expectClose(key, [report[key]], [expected[key]], 4e-5 * expected[key]);
      expect(report).toMatchObject({
        step: expected.step,
        epoch: expected.epoch,
        rows: expected.rows,
        accuracy: expected.accuracy,
        learningRate: expected.learningRate,
      });
      await expectSame(whole, fused);
    }
    whole.dispose();
    fused.dispose();
  });
});

describe("whole steps", () => {
  it.each([4, 32])("train alike on a device of %i lanes", async (lanes) => {
    const layers = small["two layers"];
    const optimizer = adam({ learningRate: 0.02, weightDecay: 0.05 });
    const [whole, fused] = [
      await make(layers, optimizer, "softmaxCrossEntropy", true, withLanes(lanes)),
      await make(layers, optimizer, "softmaxCrossEntropy", false),
    ];
    expect(whole.plan.steps[0]?.variant).toMatchObject({ registers: true, group: lanes });
    for (const trainer of [whole, fused]) await trainer.step(100);
    await expectCloseParameters(whole, fused);
    whole.dispose();
    fused.dispose();
  });

  it("do not depend on how many steps a submit has", async () => {
    const layers = small["two layers"];
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
    const layers = small["two layers"];
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
    await expectCloseParameters(first, second);
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
    const layers = small["two layers"];
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
    const trainer = await make(small["two layers"], sgd({ learningRate: 0.1 }), "softmaxCrossEntropy", true);
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

  it("report each step once, where the ring begins anew too", async () => {
    const layers = small["two layers"];
    const [first, second] = [
      await make(layers, sgd({ learningRate: 0.01 }), "softmaxCrossEntropy", true),
      await make(layers, sgd({ learningRate: 0.01 }), "softmaxCrossEntropy", true),
    ];
    await first.step(5);
    await second.step(5);
    const steps = LONG_RING_RECORDS + 10;
    const whole = await first.step(steps);
    let [loss, rows] = [0, 0];
    for (const part of [1, LONG_RING_RECORDS - 100, 90, 19]) {
      const report = await second.step(part);
      loss += report.loss * report.rows;
      rows += report.rows;
    }
    expect(whole).toMatchObject({ step: steps + 5, steps, rows });
    // Sums of positive numbers in double precision, in another order.
    expectClose("L", [whole.loss * rows], [loss], 2 * steps * 2 ** -53 * loss);
    await expectSameParameters(first, second);
    first.dispose();
    second.dispose();
  });

  it("halt in the middle of a dispatch as one dispatch for each layer does, at a row's loss that |B| rows could not have", async () => {
    const targets = numbers(3 * ROWS, 9);
    // ½ 1e19² is a float32, 16 times as much is not.
    targets[0] = 1e19;
    const options = {
      model: sequential(larger["two wide layers"]),
      loss: "halfSquaredError",
      optimizer: sgd({ learningRate: 0.05 }),
      data: { inputs: numbers(INPUTS * ROWS, 8), targets },
      batch: 16,
      seed: 4,
    } as const;
    await expectSameFailure(options, async (trainer) => {
      await trainer.step(12);
    });
  });

  it("halt in the middle of a dispatch as one dispatch for each layer does, at a penalty that is not finite", async () => {
    const options = {
      model: sequential(larger["two wide layers"]),
      loss: "softmaxCrossEntropy",
      optimizer: sgd({ learningRate: 0.1, weightDecay: 0.1 }),
      data: { inputs: numbers(INPUTS * ROWS, 8), targets: Uint32Array.from({ length: ROWS }, (_, i) => i % 3) },
      batch: 16,
      seed: 4,
    } as const;
    await expectSameFailure(options, async (trainer) => {
      // By now a submit holds many steps.
      await trainer.step(600);
      trainer.setParameters({ W1: new Float32Array(45 * INPUTS).fill(2e19) });
      await trainer.step(40);
    });
  });
});

/** Training by either plan fails alike, with the same parameters. */
async function expectSameFailure(options: TrainerOptions, train: (trainer: Trainer) => Promise<void>) {
  const fused = await createTrainer(device, { ...options, oneDispatch: false });
  const whole = await createTrainer(device, options);
  expect(whole.plan.steps.map(({ kernel }) => kernel)).toEqual(["wholeSteps"]);
  const [expected, failure] = await Promise.all(
    [fused, whole].map((trainer) =>
      train(trainer).then(
        () => undefined,
        (error: unknown) => error,
      ),
    ),
  );
  expect(expected).toBeInstanceOf(NumericError);
  expect(failure).toBeInstanceOf(NumericError);
  const { step, got, remedy } = expected as NumericError;
  expect(failure).toMatchObject({ step, got, remedy });
  await expectSameParameters(whole, fused);
  fused.dispose();
  whole.dispose();
}
