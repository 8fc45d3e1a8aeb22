import { afterAll, describe, expect, test } from "vitest";
import { openDevice } from "../../../src/device/open.ts";
import { dense } from "../../../src/model/layer.ts";
import { adam, adamw, sgd } from "../../../src/model/optimizer.ts";
import { cosine, stepDecay } from "../../../src/model/schedule.ts";
import { useDevice } from "../../helpers/device.ts";
import { product } from "../../helpers/pairwise.ts";
import { onPalette } from "../../helpers/palette.ts";
import { plans } from "../../helpers/training.ts";
import { expectTrajectory, STEPS, type Trajectory } from "../../helpers/trajectory.ts";

const device = await useDevice();
const smallest = await openDevice({ limits: "default" });
afterAll(() => smallest.destroy());

const warm = (learningRate: number) =>
  cosine({ learningRate, steps: 25, warmup: 4, finalLearningRate: learningRate / 9 });
const stairs = (learningRate: number) => stepDecay({ learningRate, every: 7, factor: 0.6 });

/**
 * Steps that must be compared of the training with so many relus and rows that no start keeps from kinks for all 30: six epochs of
 * a full and a partial batch.
 */
const FEWEST = 12;

/**
 * 1, 3, 17, 33, 65, 127 and 129, which lie around the tiles of the kernels, each as inputs, hidden units and outputs; every
 * batch size, optimizer, decay, schedule, loss and activation. Every data set leaves a partial last batch, unless batch 1.
 */
const sizes: Readonly<Record<string, Trajectory>> = {
  "1-3-17, batch 1, sgd": {
    inputs: 1,
    layers: [dense(3, "tanh"), dense(17)],
    loss: "halfSquaredError",
    optimizer: sgd({ learningRate: 0.05, weightDecay: 0.02 }),
    rows: 3,
    batch: 1,
  },
  "3-17-33, batch 5, momentum per step, stairs": {
    inputs: 3,
    layers: [dense(17, "relu"), dense(33)],
    loss: "softmaxCrossEntropy",
    optimizer: sgd({ learningRate: stairs(0.1), momentum: 0.9, weightDecay: 0.01, decay: "per-step" }),
    rows: 13,
    batch: 5,
  },
  "17-33-65, batch 64, adam, warm-up and cosine": {
    inputs: 17,
    layers: [dense(33, "sigmoid"), dense(65)],
    loss: "softmaxCrossEntropy",
    optimizer: adam({ learningRate: warm(0.01), weightDecay: 0.3 }),
    rows: 150,
    batch: 64,
  },
  "33-65-127, batch 5, adamw, stairs": {
    inputs: 33,
    layers: [dense(65, "relu"), dense(127, "sigmoid")],
    loss: "halfSquaredError",
    optimizer: adamw({ learningRate: stairs(0.01), weightDecay: 0.1 }),
    rows: 13,
    batch: 5,
  },
  "65-127-129, batch 5, sgd per step, warm-up and cosine": {
    inputs: 65,
    layers: [dense(127, "tanh"), dense(129)],
    loss: "softmaxCrossEntropy",
    optimizer: sgd({ learningRate: warm(0.2), weightDecay: 0.01, decay: "per-step" }),
    rows: 13,
    batch: 5,
  },
  "127-129-1, batch 100, momentum": {
    inputs: 127,
    layers: [dense(129, "relu"), dense(1, "tanh")],
    loss: "halfSquaredError",
    optimizer: sgd({ learningRate: 0.02, momentum: 0.8, weightDecay: 0.3 }),
    rows: 130,
    batch: 100,
    fewest: FEWEST,
  },
  "129-1-3, batch 64, adam per step": {
    inputs: 129,
    layers: [dense(1, "sigmoid"), dense(3)],
    loss: "softmaxCrossEntropy",
    optimizer: adam({ learningRate: 0.01, weightDecay: 0.01, decay: "per-step" }),
    rows: 150,
    batch: 64,
  },
};

const shapes: Readonly<Record<string, Trajectory>> = {
  "one layer, biases decay too": {
    inputs: 33,
    layers: [dense(10)],
    loss: "softmaxCrossEntropy",
    optimizer: sgd({ learningRate: 0.3, weightDecay: 0.5, decayBiases: true }),
    rows: 130,
    batch: 100,
  },
  "four layers of coprime sizes, a middle one without bias": {
    inputs: 19,
    layers: [dense(33, "relu"), dense(17, "tanh", { bias: false }), dense(23, "sigmoid"), dense(7)],
    loss: "softmaxCrossEntropy",
    optimizer: adam({ learningRate: stairs(0.005), weightDecay: 0.2 }),
    rows: 130,
    batch: 100,
  },
  "no bias anywhere, rows in their order": {
    inputs: 3,
    layers: [dense(5, "tanh", { bias: false }), dense(1, "identity", { bias: false })],
    loss: "halfSquaredError",
    optimizer: adamw({ learningRate: warm(0.02), weightDecay: 0.05 }),
    rows: 7,
    batch: 5,
    shuffle: false,
  },
  "first layer and last bias frozen": {
    inputs: 17,
    layers: [
      dense(33, "tanh", { trainable: false }),
      dense(19, "sigmoid"),
      dense(5, "identity", { trainable: { weights: true, bias: false } }),
    ],
    loss: "halfSquaredError",
    optimizer: sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 0.1 }),
    rows: 13,
    batch: 5,
  },
  "middle layer and first weights frozen": {
    inputs: 17,
    layers: [
      dense(33, "sigmoid", { trainable: { weights: false, bias: true } }),
      dense(19, "tanh", { trainable: false }),
      dense(5),
    ],
    loss: "softmaxCrossEntropy",
    optimizer: sgd({ learningRate: 0.3, weightDecay: 0.1 }),
    rows: 13,
    batch: 5,
  },
};

describe.each(plans)(
  "a training of 30 steps, or up to a kink, by the %s plan equals the reference after each",
  (_, fuse) => {
    test.each(Object.entries({ ...sizes, ...shapes }))("%s", async (_, trajectory) => {
      const compared = await expectTrajectory(device, { ...trajectory, fuse, eachStep: true });
      expect(compared).toBeGreaterThanOrEqual(trajectory.fewest ?? STEPS);
    });
  },
);

describe.each(plans)("a training by the %s plan within the limits of every device equals the reference", (_, fuse) => {
  // Among them the update of both moments with a penalty and rows gathered, the kernel with the most storage buffers.
  test.each(Object.entries(sizes))("%s", async (_, trajectory) => {
    expect(smallest.gpu.limits.maxStorageBuffersPerShaderStage).toBeLessThanOrEqual(8);
    const compared = await expectTrajectory(smallest, { ...trajectory, fuse });
    expect(compared).toBeGreaterThanOrEqual(trajectory.fewest ?? STEPS);
  });
});

describe("a training of 30 steps by the fused plan equals the reference, whatever its words", () => {
  test.each(product())("%s", async (_, trajectory) => {
    expect(await expectTrajectory(onPalette(device), trajectory)).toBe(STEPS);
  });
});
