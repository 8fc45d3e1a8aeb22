import { afterAll, describe, test } from "vitest";
import { openDevice } from "../../../src/device/open.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import { adam, sgd } from "../../../src/model/optimizer.ts";
import { cosine, stepDecay } from "../../../src/model/schedule.ts";
import {
  type ByteOptions,
  type ByteTraining,
  expectAsValues,
  expectRead,
  expectSame,
  randomBytes,
} from "../../helpers/bytes.ts";
import { useDevice } from "../../helpers/device.ts";
import { random } from "../../helpers/gpu.ts";

const device = await useDevice();
// Eight storage buffers a kernel, as every device has.
const modest = await openDevice({ limits: "default" });
afterAll(() => modest.destroy());

/** Not a multiple of the batch, nor rows × columns one of four bytes. */
const [ROWS, COLUMNS, BATCH, STEPS] = [131, 3, 16, 30];

const bytes = randomBytes(ROWS * COLUMNS, 1);

const decaying = adam({ learningRate: cosine({ learningRate: 0.02, steps: 40, warmup: 5 }), weightDecay: 0.05 });

const small: ByteOptions = {
  model: sequential([dense(8, "relu"), dense(3)]),
  loss: "softmaxCrossEntropy",
  optimizer: decaying,
  batch: BATCH,
  seed: 4,
};
const fused: ByteOptions = { ...small, oneDispatch: false };

const trainings: Readonly<Record<string, Pick<ByteTraining, "options" | "kernels"> & Partial<ByteTraining>>> = {
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

describe("inputs of bytes train as their values do, bit for bit", () => {
  test.each(Object.entries(trainings))("%s", async (name, training) => {
    for (const on of name === "fused" ? [device, modest] : [device]) {
      const given = { rows: ROWS, columns: COLUMNS, steps: STEPS, ...training };
      await expectAsValues(on, given, modest.gpu.limits);
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
      await expectSame(device, { ...options, ...choice }, { inputs: bytes, targets }, plain, STEPS);
    }
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
  ])("of %i rows of %i columns are read as the values that they stand for", (rows, columns) =>
    expectRead(device, small, rows, columns),
  );
});
