import { afterAll, describe, expect, test } from "vitest";
import { type Device, openDevice } from "../../../src/device/open.ts";
import { boundOperands, type KernelName } from "../../../src/kernels/index.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import { adam, sgd } from "../../../src/model/optimizer.ts";
import { cosine, stepDecay } from "../../../src/model/schedule.ts";
import { loadModel } from "../../../src/run/checkpoint.ts";
import { createPredictor } from "../../../src/run/predictor.ts";
import type { ByteScale, Dataset, TrainerOptions } from "../../../src/run/types.ts";
import { expectClose, expectSameBits, largestMagnitude } from "../../helpers/compare.ts";
import { random, randomIntegers, readWords } from "../../helpers/gpu.ts";
import { expectSameParameters, referenceOf, rejection, withTrainer } from "../../helpers/training.ts";

const device = await openDevice();
// Eight storage buffers a kernel, as every device has.
const modest = await openDevice({ limits: "default" });
afterAll(() => {
  device.destroy();
  modest.destroy();
});

/** Not a multiple of the batch, nor rows × columns one of four bytes. */
const [ROWS, COLUMNS, BATCH, STEPS] = [131, 3, 16, 30];

/** One that no f32 holds, and an offset: as float32 the product and the sum would be rounded once more. */
const byteScale = { scale: 1 / 255, offset: -0.3 };

const randomBytes = (length: number, seed: number) => Uint8Array.from(randomIntegers(length, seed, 256));

/** What the bytes stand for, each rounded once. */
const valuesOf = (bytes: Uint8Array | Uint8ClampedArray, { scale = 1, offset = 0 } = {}) =>
  Float32Array.from(bytes, (byte) => Math.fround(scale * byte + offset));

const classes = randomIntegers(ROWS, 2, 3);
const bytes = randomBytes(ROWS * COLUMNS, 1);

const decaying = adam({ learningRate: cosine({ learningRate: 0.02, steps: 40, warmup: 5 }), weightDecay: 0.05 });

type Options = Omit<TrainerOptions, "data">;

const small: Options = {
  model: sequential([dense(8, "relu"), dense(3)]),
  loss: "softmaxCrossEntropy",
  optimizer: decaying,
  batch: BATCH,
  seed: 4,
};
const fused: Options = { ...small, oneDispatch: false };

interface Training {
  readonly options: Options;
  /** The kernels that read bytes. */
  readonly kernels: readonly KernelName[];
  readonly rows?: number;
  readonly columns?: number;
  /** Of whole steps: whether parameters stay in registers. */
  readonly registers?: boolean;
}

const trainings: Readonly<Record<string, Training>> = {
  textbook: { options: { ...small, fuse: false }, kernels: ["gatherRows"] },
  fused: { options: fused, kernels: ["layerForward", "layerUpdate"] },
  "fused, of many units": {
    options: {
      ...fused,
      model: sequential([dense(150, "tanh"), dense(40)]),
      optimizer: sgd({ learningRate: stepDecay({ learningRate: 0.1, every: 7, factor: 0.5 }), momentum: 0.9 }),
    },
    kernels: ["layerForward", "layerUpdate"],
  },
  "fused, of one layer": {
    options: { ...fused, model: sequential([dense(3)]) },
    kernels: ["outputLoss", "layerUpdate"],
  },
  "fused, of sums that are split": {
    options: { ...fused, batch: 2048 },
    kernels: ["layerForward", "layerGradient"],
    rows: 2101,
  },
  "whole steps in registers": { options: small, kernels: ["wholeSteps"], registers: true },
  "whole steps of one layer in registers": {
    options: { ...small, model: sequential([dense(3)]) },
    kernels: ["wholeSteps"],
    registers: true,
  },
  "whole steps in workgroup memory": {
    options: { ...small, model: sequential([dense(45, "relu"), dense(3)]) },
    kernels: ["wholeSteps"],
    registers: false,
  },
  "whole steps of one layer in workgroup memory": {
    options: { ...small, model: sequential([dense(30)]) },
    kernels: ["wholeSteps"],
    columns: 9,
    registers: false,
  },
};

/** Trains so many steps. */
const trained = (on: Device, options: Options, data: Dataset) =>
  withTrainer(on, { ...options, data }, async (trainer) => {
    const { seconds: _s, samplesPerSecond: _p, ...report } = await trainer.step(STEPS);
    return { report, parameters: await trainer.parameters(), plan: trainer.plan };
  });

async function expectSame(on: Device, options: Options, packed: Dataset, plain: Dataset) {
  const [got, expected] = [await trained(on, options, packed), await trained(on, options, plain)];
  expect([got.plan.tensors.X?.dtype, expected.plan.tensors.X?.dtype]).toEqual(["u8", "f32"]);
  expect(got.plan.steps.map(({ kernel }) => kernel)).toEqual(expected.plan.steps.map(({ kernel }) => kernel));
  expect(got.report).toEqual(expected.report);
  expectSameParameters(got.parameters, expected.parameters);
  return got.plan;
}

describe("inputs of bytes train as their values do, bit for bit", () => {
  test.each(Object.entries(trainings))("%s", async (name, training) => {
    const { options, kernels, rows = ROWS, columns = COLUMNS, registers } = training;
    const inputs = randomBytes(rows * columns, 1);
    const targets = randomIntegers(rows, 2, 3);
    const packed = { inputs, ...byteScale, targets };
    const plain = { inputs: valuesOf(inputs, byteScale), targets };
    for (const on of name === "fused" ? [device, modest] : [device]) {
      const { steps } = await expectSame(on, options, packed, plain);
      const reading = steps.filter((step) => boundOperands(step).some(({ content }) => content === "u8"));
      expect(reading.map(({ kernel }) => kernel)).toEqual(kernels);
      expect(reading[0]?.variant).toMatchObject(registers === undefined ? {} : { registers });
    }
  });

  test("regression on numbers from 0 to 255 where no scale is given, rows in order", async () => {
    const options = {
      ...small,
      model: sequential([dense(9, "sigmoid"), dense(2)]),
      loss: "halfSquaredError",
      optimizer: sgd({ learningRate: 0.001 }),
      shuffle: false,
    } as const;
    const targets = random(2 * ROWS, 5);
    for (const choice of [{ fuse: false }, { oneDispatch: false }, {}]) {
      const plain = { inputs: Array.from(bytes), targets };
      await expectSame(device, { ...options, ...choice }, { inputs: bytes, targets }, plain);
    }
  });

  test("a Uint8ClampedArray, as a canvas gives it, is one of bytes", async () => {
    const clamped = Uint8ClampedArray.from(bytes);
    const plain = { inputs: valuesOf(bytes, { scale: 0.5 }), targets: classes };
    await expectSame(device, small, { inputs: clamped, scale: 0.5, targets: classes }, plain);
  });
});

describe("the resident bytes", () => {
  test.each([
    [1, 1],
    [1, 2],
    [1, 3],
    [67, 4],
    [67, 5],
    [86, 3],
  ])("of %i rows of %i columns are read as the values that they stand for", async (rows, columns) => {
    const inputs = randomBytes(rows * columns, 3);
    // Every byte there is.
    inputs.forEach((_, i) => {
      if (i < 256) inputs[i] = 255 - i;
    });
    const data = { inputs, ...byteScale, targets: randomIntegers(rows, 2, 3) };
    const values = valuesOf(inputs, byteScale);
    await withTrainer(device, { ...small, fuse: false, batch: rows, data }, async (trainer) => {
      await trainer.step();
      const [X, x, order] = [await trainer.read("X"), await trainer.read("x"), await trainer.read("order")];
      expect([X.shape, x.shape]).toEqual([
        [rows, columns],
        [rows, columns],
      ]);
      expectSameBits("X", X.data, values);
      const rowOf = (row: number) => Array.from(values.subarray(row * columns, (row + 1) * columns));
      expectSameBits("x", x.data, Float32Array.from(Array.from(order.data).flatMap(rowOf)));
    });
  });

  test("take a byte each on the GPU, beside the table of their values", async () => {
    const data = { inputs: bytes, targets: classes };
    await withTrainer(device, { ...small, data }, async (trainer) => {
      expect(trainer.buffer("X").size).toBe(4 * 256 + 396);
    });
    await withTrainer(device, { ...small, data: { ...data, inputs: valuesOf(bytes) } }, async (trainer) => {
      expect(trainer.buffer("X").size).toBe(4 * 393);
    });
  });

  test("are those that were given, whatever becomes of the array", async () => {
    const inputs = bytes.slice();
    const making = trained(device, small, { inputs, ...byteScale, targets: classes });
    inputs.fill(0);
    const expected = await trained(device, small, { inputs: valuesOf(bytes, byteScale), targets: classes });
    expectSameParameters((await making).parameters, expected.parameters);
  });

  test("are plain numbers to the reference, which trains alike", async () => {
    const options = { ...small, fuse: false, data: { inputs: bytes, ...byteScale, targets: classes } };
    await withTrainer(device, options, async (trainer) => {
      const reference = await referenceOf(trainer, {
        ...options,
        data: { inputs: valuesOf(bytes, byteScale), targets: classes },
      });
      for (let i = 0; i < STEPS; i++) reference.step();
      await trainer.step(STEPS);
      for (const [name, values] of Object.entries(await trainer.parameters())) {
        const expected = reference.tensor(name);
        // 30 steps of Adam, each of sums of at most 16 terms.
        expectClose(name, values, expected, 2e-5 * largestMagnitude(expected));
      }
    });
  });
});

describe("rows of bytes to judge and to predict", () => {
  /** More than go through the network together. */
  const many = 1025;
  const others = randomBytes(many * COLUMNS, 6);
  const targets = randomIntegers(many, 7, 3);

  test("give what their values give, bit for bit", async () => {
    await withTrainer(
      device,
      { ...small, data: { inputs: bytes, ...byteScale, targets: classes } },
      async (trainer) => {
        await trainer.step(3);
        const file = await trainer.save();
        const predictor = await createPredictor(device, loadModel(file));
        const values = valuesOf(others, byteScale);
        for (const one of [trainer, predictor]) {
          expect(await one.evaluate({ inputs: others, ...byteScale, targets })).toEqual(
            await one.evaluate({ inputs: values, targets }),
          );
          expect(await one.predict(others, byteScale)).toEqual(await one.predict(values));
          expect(await one.predict(others)).toEqual(await one.predict(valuesOf(others)));
          const [probe, same] = [await one.probe(others, byteScale), await one.probe(values)];
          for (const { run } of [probe, same]) run();
          const words = await readWords(device.gpu, [probe.buffer("o"), same.buffer("o")]);
          expect(new Set(words[0]).size).toBeGreaterThan(many);
          expect(words[0]).toEqual(words[1]);
        }
        predictor.dispose();
      },
    );
  });

  test("train on out of a file that a trainer of numbers saved", async () => {
    const plain = { ...small, data: { inputs: valuesOf(bytes, byteScale), targets: classes } };
    const { file, parameters } = await withTrainer(device, plain, async (trainer) => {
      await trainer.step(10);
      const saved = await trainer.save();
      await trainer.step(STEPS);
      return { file: saved, parameters: await trainer.parameters() };
    });
    await withTrainer(
      device,
      { ...small, data: { inputs: bytes, ...byteScale, targets: classes } },
      async (trainer) => {
        await trainer.load(file);
        await trainer.step(STEPS);
        expectSameParameters(await trainer.parameters(), parameters);
      },
    );
  });

  test("refuse a scale for what are no bytes, one that is no number, and one that is misspelt", async () => {
    const data = { inputs: bytes, targets: classes };
    await withTrainer(device, { ...small, data }, async (trainer) => {
      expect(String(await rejection(trainer.predict([1, 2, 3], { scale: 2 })))).toBe(
        "DataError: predict: scale: got 2 for inputs that are no bytes, expected inputs of a Uint8Array or Uint8ClampedArray; " +
          "give bytes, or scale the numbers and leave it out.",
      );
      const misspelt = { scales: 2 } as ByteScale;
      expect(String(await rejection(trainer.predict(bytes, misspelt)))).toBe(
        'ModelError: predict: got option "scales", expected scale, offset; write scale.',
      );
      expect(String(await rejection(trainer.evaluate({ ...data, offset: Number.NaN })))).toBe(
        "DataError: evaluate: inputs: got scale 1 and offset NaN, expected numbers by which scale · byte + offset is a finite float32; " +
          "leave them out to take the bytes as they are.",
      );
    });
  });
});
