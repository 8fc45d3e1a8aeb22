import { afterAll, describe, expect, test } from "vitest";
import { openDevice } from "../../../src/device/open.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import { loadModel } from "../../../src/run/checkpoint.ts";
import { createPredictor } from "../../../src/run/predictor.ts";
import type { ByteScale } from "../../../src/run/types.ts";
import {
  type ByteOptions,
  type ByteTraining,
  byteScale,
  expectAsValues,
  expectRead,
  expectSame,
  randomBytes,
  trained,
  valuesOf,
} from "../../helpers/bytes.ts";
import { expectClose, largestMagnitude } from "../../helpers/compare.ts";
import { useDevice } from "../../helpers/device.ts";
import { random, randomIntegers, readWords } from "../../helpers/gpu.ts";
import { ruleOf } from "../../helpers/networks.ts";
import { BATCHES, INPUTS, OUTPUTS, onPalette, ROWS, TWO_EPOCHS, UNITS } from "../../helpers/palette.ts";
import { expectSameParameters, referenceOf, rejection, withTrainer } from "../../helpers/training.ts";
import { inRegisters, inWorkgroup, smallOf } from "../../helpers/variants.ts";
import { optionsOf } from "../../helpers/whole-steps.ts";

const device = await useDevice();
const palette = onPalette(device);
// Eight storage buffers a kernel, as every device has.
const modest = await openDevice({ limits: "default" });
afterAll(() => modest.destroy());

const fused: ByteOptions = {
  model: sequential([dense(UNITS[0], "relu"), dense(OUTPUTS)]),
  loss: "softmaxCrossEntropy",
  optimizer: ruleOf("adam, λ"),
  batch: BATCHES[0],
  seed: 4,
  oneDispatch: false,
};
const textbook = { ...fused, fuse: false };

const { data: _, ...small } = optionsOf(smallOf(inRegisters["two layers"], "adamw, biases decay too"), true);
const { data: __, ...large } = optionsOf(
  smallOf(inWorkgroup["three wide layers without a bias"], "momentum, decay per step"),
  true,
);

/** Rows and columns of small networks. */
const { rows: FEW, inputs: COLUMNS } = inRegisters["two layers"];

/** Rows × columns are no multiple of four bytes. */
const few = { rows: FEW, columns: COLUMNS, steps: 6 };
const more = { rows: ROWS, columns: INPUTS, steps: TWO_EPOCHS };

const trainings: Readonly<Record<string, ByteTraining>> = {
  textbook: { ...more, options: textbook, kernels: ["gatherRows"] },
  fused: { ...more, options: fused, kernels: ["layerForward", "layerUpdate"] },
  "fused, of one layer": {
    ...more,
    options: { ...fused, model: sequential([dense(OUTPUTS)]) },
    kernels: ["outputLoss", "layerUpdate"],
  },
  "fused, of sums that are split": {
    ...more,
    options: {
      ...fused,
      model: sequential([dense(UNITS[0], "tanh"), dense(UNITS[1], "tanh"), dense(OUTPUTS)]),
      loss: "halfSquaredError",
      batch: 2100,
    },
    kernels: ["layerForward", "layerGradient"],
    rows: 2349,
    steps: 4,
  },
  "whole steps in registers": { ...few, options: small, kernels: ["wholeSteps"], registers: true },
  "whole steps in workgroup memory": { ...more, options: large, kernels: ["wholeSteps"], registers: false },
};

const classes = randomIntegers(FEW, 2, 3);
const bytes = randomBytes(FEW * COLUMNS, 1);

describe("inputs of bytes train as their values do, bit for bit", () => {
  test.each(Object.entries(trainings))("%s", (name, training) =>
    expectAsValues(name.startsWith("whole") ? device : palette, training, modest.gpu.limits),
  );

  test("regression on numbers from 0 to 255 where no scale is given", async () => {
    const options: ByteOptions = {
      ...fused,
      model: sequential([dense(UNITS[0], "sigmoid"), dense(OUTPUTS)]),
      loss: "halfSquaredError",
    };
    const inputs = randomBytes(ROWS * INPUTS, 1);
    const targets = random(OUTPUTS * ROWS, 5);
    await expectSame(palette, options, { inputs, targets }, { inputs: Array.from(inputs), targets }, TWO_EPOCHS);
  });

  test("a Uint8ClampedArray, as a canvas gives it, is one of bytes", async () => {
    const clamped = Uint8ClampedArray.from(bytes);
    const plain = { inputs: valuesOf(bytes, { scale: 0.5 }), targets: classes };
    await expectSame(device, small, { inputs: clamped, scale: 0.5, targets: classes }, plain, 6);
  });
});

describe("the resident bytes", () => {
  test.each([
    [1, 1],
    [86, 3],
  ])("of %i rows of %i columns are read as the values that they stand for", (rows, columns) =>
    expectRead(palette, { ...textbook, model: sequential([dense(OUTPUTS)]) }, rows, columns),
  );

  test("take a byte each on the GPU, beside the table of their values", async () => {
    const data = { inputs: bytes, targets: classes };
    await withTrainer(device, { ...small, data }, async (trainer) => {
      expect(trainer.buffer("X").size).toBe(4 * 256 + 136);
    });
    await withTrainer(device, { ...small, data: { ...data, inputs: valuesOf(bytes) } }, async (trainer) => {
      expect(trainer.buffer("X").size).toBe(4 * 135);
    });
  });

  test("are those that were given, whatever becomes of the array", async () => {
    const inputs = bytes.slice();
    const making = trained(device, small, { inputs, ...byteScale, targets: classes }, 6);
    inputs.fill(0);
    const plain = { inputs: valuesOf(bytes, byteScale), targets: classes };
    const expected = await trained(device, small, plain, 6);
    expectSameParameters((await making).parameters, expected.parameters);
  });

  test("are plain numbers to the reference, which trains alike", async () => {
    const inputs = randomBytes(ROWS * INPUTS, 1);
    const targets = randomIntegers(ROWS, 2, OUTPUTS);
    const model = sequential([dense(UNITS[0], "tanh"), dense(OUTPUTS)]);
    const options = { ...textbook, model, data: { inputs, ...byteScale, targets } };
    await withTrainer(palette, options, async (trainer) => {
      const plain = { inputs: valuesOf(inputs, byteScale), targets };
      const reference = await referenceOf(trainer, { ...options, data: plain });
      for (let i = 0; i < 30; i++) reference.step();
      await trainer.step(30);
      for (const [name, values] of Object.entries(await trainer.parameters())) {
        const expected = reference.tensor(name);
        // 30 steps of Adam, each of sums of at most 15 terms.
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
          // What bytes stood for in training they stand for, unless another scale is given.
          expect(await one.predict(others)).toEqual(await one.predict(values));
          expect(await one.evaluate({ inputs: others, targets })).toEqual(
            await one.evaluate({ inputs: values, targets }),
          );
          expect(await one.predict(others, { scale: 1 })).toEqual(await one.predict(valuesOf(others)));
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
      await trainer.step(6);
      return { file: saved, parameters: await trainer.parameters() };
    });
    await withTrainer(
      device,
      { ...small, data: { inputs: bytes, ...byteScale, targets: classes } },
      async (trainer) => {
        await trainer.load(file);
        await trainer.step(6);
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
