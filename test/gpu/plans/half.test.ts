import { describe, expect, test } from "vitest";
import { type Device, openDevice } from "../../../src/device/open.ts";
import { DeviceError, NumericError } from "../../../src/errors.ts";
import { INITIAL_LOSS_SCALE } from "../../../src/kernels/control.ts";
import { LARGEST_HALF, roundToHalf } from "../../../src/model/float16.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import { adam, type Optimizer, sgd } from "../../../src/model/optimizer.ts";
import { bytesOf } from "../../../src/plan/memory.ts";
import { loadModel } from "../../../src/run/checkpoint.ts";
import { createTrainer } from "../../../src/run/trainer.ts";
import type { Report, TrainerOptions } from "../../../src/run/types.ts";
import { expectClose, expectSameBits } from "../../helpers/compare.ts";
import { type Counter, countCalls } from "../../helpers/counting.ts";
import { useCounter, useDevice } from "../../helpers/device.ts";
import { random } from "../../helpers/gpu.ts";
import { hasHalf } from "../../helpers/half.ts";
import { HALF_BOUND, halfTasks, type Task } from "../../helpers/half-tasks.ts";
import { classifier, expectSameParameters, regressor, rejection, withTrainer } from "../../helpers/training.ts";
import { inRegisters, smallOf } from "../../helpers/variants.ts";
import { optionsOf } from "../../helpers/whole-steps.ts";

const device = await useDevice();
const counter = await useCounter();

const half = { ...classifier, precision: "f16" } as const;

/** Asserts that a device refuses to train in f16, and that nothing was asked of it. */
async function expectRefusal(own: Device, { counts, reset }: Counter): Promise<void> {
  reset();
  const error = await rejection(createTrainer(own, half));
  expect(error).toBeInstanceOf(DeviceError);
  expect(String(error)).toBe(
    `DeviceError: createTrainer: ${own.adapter.name}: got a device without the feature shader-f16, ` +
      'expected one with it, for precision "f16"; ' +
      "leave precision out, or open the device with the adapter's limits and features on a GPU that has it.",
  );
  expect(counts).toEqual({});
}

test("a device that was opened without the feature refuses to train in f16, before any GPU work", async () => {
  const plain = await openDevice({ limits: "default" });
  await expectRefusal(plain, countCalls(plain.gpu));
  plain.destroy();
});

if (!hasHalf(device)) {
  test("this device has no shader-f16: it refuses to train in f16, and trains in f32", async () => {
    await expectRefusal(device, counter);
    const small = optionsOf(smallOf(inRegisters["two layers"], "adamw, biases decay too"), true);
    await withTrainer(device, { ...small, precision: "f32" }, async (trainer) => {
      expect(await trainer.step(2)).toMatchObject({ step: 2, skipped: 0 });
    });
  });
}

const taskOptions = ({ layers, loss, optimizer, data, batch }: Task): TrainerOptions => ({
  model: sequential(layers),
  loss,
  optimizer,
  data,
  batch,
  seed: 5,
  oneDispatch: false,
});

/** Deltas of about 100, which are out of range at the first loss scale; all rows at once, in order. */
const wild = (optimizer: Optimizer, scale = 1): TrainerOptions => ({
  model: sequential([dense(5, "tanh"), dense(2)]),
  loss: "halfSquaredError",
  optimizer,
  data: { inputs: random(24, 1), targets: Array.from({ length: 16 }, (_, i) => scale * (100 + i)) },
  batch: 8,
  shuffle: false,
  precision: "f16",
});

const optimizers = [
  ["sgd", sgd({ learningRate: 0.001, weightDecay: 0.1 })],
  ["adam", adam({ learningRate: 0.01 })],
] as const;

const withoutTimes = ({ seconds: _s, samplesPerSecond: _p, ...report }: Report) => report;

const trainsInHalf = () => {
  test.each(Object.entries(halfTasks))("%s ends with the loss of f32 to 1 %", async (_, task) => {
    const losses: number[] = [];
    for (const precision of ["f32", "f16"] as const) {
      await withTrainer(device, { ...taskOptions(task), precision }, async (trainer) => {
        const { loss: first } = await trainer.evaluate(task.data);
        expect(await trainer.step(task.steps)).toMatchObject({ step: task.steps, skipped: 0 });
        const { loss: last } = await trainer.evaluate(task.data);
        // What the bound was derived for.
        expect(last).toBeLessThan(0.95 * first);
        expect(last).toBeGreaterThan(0.5 * first);
        losses.push(last);
      });
    }
    const [f32 = Number.NaN, f16 = Number.NaN] = losses;
    expect(Math.abs(f16 / f32 - 1)).toBeLessThanOrEqual(HALF_BOUND);
  });

  test("training is the same bit for bit however many steps a submit has, and on every run", async () => {
    for (const optimizer of [half.optimizer, adam({ learningRate: 0.01, weightDecay: 0.1 })]) {
      const runs = [[12], [12], Array<number>(12).fill(1), [5, 1, 6]].map((calls) =>
        withTrainer(device, { ...half, optimizer }, async (trainer) => {
          for (const steps of calls) await trainer.step(steps);
          return trainer.parameters();
        }),
      );
      const [first, ...others] = await Promise.all(runs);
      if (!first) throw new Error("four runs");
      for (const parameters of others) expectSameParameters(parameters, first);
    }
  });

  test("tensors are read as numbers, deltas without their scale", async () => {
    for (const options of [classifier, regressor]) {
      const read = (precision: "f16" | "f32") =>
        withTrainer(device, { ...options, precision }, async (trainer) => {
          await trainer.step();
          const tensors = {
            h1: await trainer.read("h1"),
            dz1: await trainer.read("dz1"),
            dz2: await trainer.read("dz2"),
          };
          const size = trainer.buffer("h1").size;
          expect(size).toBe(bytesOf(trainer.plan.tensors.h1 ?? { shape: [], dtype: "f32" }));
          return { tensors, size };
        });
      const [f16, f32] = [await read("f16"), await read("f32")];
      expect(f16.size).toBe(f32.size / 2);
      for (const [name, { shape, data }] of Object.entries(f32.tensors)) {
        const got = f16.tensors[name as "h1"];
        expect([name, got.shape]).toEqual([name, shape]);
        const scale = name === "h1" ? 1 : INITIAL_LOSS_SCALE;
        expectSameBits(
          name,
          got.data,
          Float32Array.from(got.data, (value) => roundToHalf(value * scale) / scale),
        );
        // Few roundings of 2⁻¹¹ each, of sums whose terms are around 1.
        expectClose(name, got.data, data, 0.01);
      }
    }
  });

  test("parameters that were set are those of the next step, as they are for evaluation and prediction", async () => {
    const options = { ...wild(sgd({ learningRate: 0.001 }), 0.01), seed: 3 };
    const start = await withTrainer(device, options, (trainer) => trainer.parameters());
    const [again, once] = await Promise.all(
      [3, 0].map((before) =>
        withTrainer(device, options, async (trainer) => {
          if (before > 0) await trainer.step(before);
          await trainer.setParameters(start);
          const [predicted, evaluated] = [await trainer.predict([1, 2, 3]), await trainer.evaluate(options.data)];
          await trainer.step();
          return { predicted, evaluated, parameters: await trainer.parameters() };
        }),
      ),
    );
    const f32 = await withTrainer(device, { ...options, precision: "f32" }, async (trainer) => {
      await trainer.setParameters(start);
      return { predicted: await trainer.predict([1, 2, 3]), evaluated: await trainer.evaluate(options.data) };
    });
    if (!again || !once) throw new Error("two trainings");
    expectSameParameters(again.parameters, once.parameters);
    expect({ predicted: again.predicted, evaluated: again.evaluated }).toEqual(f32);
  });

  test.each(optimizers)(
    "a delta out of range skips exactly its step, and halves the loss scale, %s",
    async (_, optimizer) => {
      await withTrainer(device, wild(optimizer), async (trainer) => {
        const scale = async () => loadModel(await trainer.save()).training?.progress.lossScale;
        const before = await trainer.parameters();
        const report = await trainer.step();
        expect(report).toMatchObject({ step: 1, steps: 1, rows: 8, skipped: 1 });
        expectSameParameters(await trainer.parameters(), before);
        const squares = ["W1", "W2"].flatMap((name) => Array.from(before[name] ?? [], (value) => value * value));
        const penalty = ((optimizer.weightDecay / 2) * squares.reduce((sum, square) => sum + square, 0)) / 8;
        expectClose("s of the skipped step", [report.penalty], [penalty], 1e-6 * penalty);
        expect(await scale()).toBe(INITIAL_LOSS_SCALE);
        expect(await trainer.step()).toMatchObject({ step: 2, skipped: 0 });
        expect(await scale()).toBe(INITIAL_LOSS_SCALE / 2);
        const after = await trainer.parameters();
        for (const [name, values] of Object.entries(before)) expect(after[name], name).not.toEqual(values);
        expect(await trainer.step(5)).toMatchObject({ step: 7, steps: 5, skipped: 0 });
      });
      // In one submit as in several.
      const runs = [[7], Array<number>(7).fill(1)].map((calls) =>
        withTrainer(device, wild(optimizer), async (trainer) => {
          let skipped = 0;
          for (const steps of calls) skipped += (await trainer.step(steps)).skipped;
          expect(skipped).toBe(1);
          return trainer.parameters();
        }),
      );
      const [whole, single] = await Promise.all(runs);
      if (!whole || !single) throw new Error("two runs");
      expectSameParameters(single, whole);
    },
  );

  test.each(optimizers)("a training that is saved and loaded goes on bit for bit, %s", async (_, optimizer) => {
    // After the skipped step itself, before the scale is halved; and later.
    for (const cut of [1, 4]) {
      const options = wild(optimizer);
      const [whole, first, second] = await Promise.all([0, 1, 2].map(() => createTrainer(device, options)));
      if (!whole || !first || !second) throw new Error("three trainers");
      await whole.step(cut);
      await first.step(cut);
      await second.load(await first.save());
      expect(withoutTimes(await second.step(6))).toEqual(withoutTimes(await whole.step(6)));
      expectSameParameters(await second.parameters(), await whole.parameters());
      expect(loadModel(await second.save()).training).toEqual(loadModel(await whole.save()).training);
      for (const trainer of [whole, first, second]) trainer.dispose();
    }
  });

  test("a file of either precision goes on in the other", async () => {
    for (const [from, to] of [
      ["f16", "f32"],
      ["f32", "f16"],
    ] as const) {
      const bytes = await withTrainer(device, { ...classifier, precision: from }, async (trainer) => {
        await trainer.step(3);
        return trainer.save();
      });
      await withTrainer(device, { ...classifier, precision: to }, async (trainer) => {
        await trainer.load(bytes);
        expectSameParameters(await trainer.parameters(), loadModel(bytes).parameters);
        expect(await trainer.step(2)).toMatchObject({ step: 5, skipped: 0 });
      });
    }
  });

  test.each([
    ["the loss shows it", [dense(5, "relu"), dense(2)], "L = NaN", "a finite objective"],
    [
      "tanh hides it",
      [dense(1, "relu"), dense(3, "tanh"), dense(2)],
      "a number beyond f16's range",
      "magnitudes up to 65504",
    ],
  ])(
    "an activation out of range halts the run, and the error names it and the precision: %s",
    async (_, layers, got, expected) => {
      const inputs = new Float32Array(24).fill(1e6);
      const options = { ...wild(sgd({ learningRate: 0.001 })), model: sequential(layers) };
      await withTrainer(device, { ...options, data: { ...options.data, inputs } }, async (trainer) => {
        const start = await trainer.parameters();
        await trainer.setParameters({ W1: (start.W1 ?? new Float32Array()).map(Math.abs) });
        const before = await trainer.parameters();
        const error = await rejection(trainer.step(3));
        if (!(error instanceof NumericError)) throw error;
        expect(error).toMatchObject({ step: 1, tensor: "h1", got, expected });
        expect(error.remedy).toMatch(
          /^the parameters are those from before this step; .*, or leave out precision: "f16"$/,
        );
        expectSameParameters(await trainer.parameters(), before);
      });
    },
  );

  test("deltas out of range at a loss scale of 1 halt the run", async () => {
    await withTrainer(device, wild(sgd({ learningRate: 1e-9 }), LARGEST_HALF / 50), async (trainer) => {
      const before = await trainer.parameters();
      const halvings = Math.log2(INITIAL_LOSS_SCALE);
      expect(await trainer.step(halvings)).toMatchObject({ skipped: halvings });
      const error = await rejection(trainer.step());
      if (!(error instanceof NumericError)) throw error;
      expect(error).toMatchObject({ step: halvings + 1, tensor: "do", got: "a number beyond f16's range" });
      expectSameParameters(await trainer.parameters(), before);
    });
  });
};

if (hasHalf(device)) describe("training in f16", trainsInHalf);
