import { expect, test } from "vitest";
import { dense, sequential } from "../../../src/model/layer.ts";
import { adam, adamw, sgd } from "../../../src/model/optimizer.ts";
import { cosine, stepDecay } from "../../../src/model/schedule.ts";
import type { TrainerOptions } from "../../../src/run/types.ts";
import { useDevice } from "../../helpers/device.ts";
import { random, randomIntegers } from "../../helpers/gpu.ts";
import { expectSameOnAll, expectSameTraining, posesOf, train } from "../../helpers/hardware.ts";
import { withTrainer } from "../../helpers/training.ts";

const poses = posesOf(await useDevice());

const STEPS = 100;

const ROWS = 70;

/** Every third batch is partial; the sizes lie around the tiles of either hardware, along and across either side. */
const classifier: TrainerOptions = {
  model: sequential([dense(33, "relu"), dense(3)]),
  loss: "softmaxCrossEntropy",
  optimizer: sgd({
    learningRate: cosine({ learningRate: 0.05, steps: 90, warmup: 10 }),
    momentum: 0.9,
    weightDecay: 0.1,
  }),
  data: { inputs: random(ROWS * 9, 1), targets: randomIntegers(ROWS, 2, 3) },
  batch: 33,
  oneDispatch: false,
};

const trainings: Readonly<Record<string, TrainerOptions>> = {
  "a classifier, momentum, cosine": classifier,
  "the same by the textbook plan": { ...classifier, fuse: false },
  "a wide output, adam, stairs": {
    model: sequential([dense(18, "sigmoid"), dense(34, "tanh")]),
    loss: "halfSquaredError",
    optimizer: adam({ learningRate: stepDecay({ learningRate: 0.01, every: 7, factor: 0.9 }), weightDecay: 0.1 }),
    data: { inputs: random(ROWS * 17, 1), targets: random(ROWS * 34, 2) },
    batch: 33,
  },
  "layers that a GPU stages in squares": {
    model: sequential([dense(512, "relu"), dense(33)]),
    loss: "halfSquaredError",
    optimizer: sgd({ learningRate: 0.01, momentum: 0.9, weightDecay: 0.1 }),
    data: { inputs: random(ROWS * 16, 1), targets: random(ROWS * 33, 2) },
    batch: 32,
  },
};

/**
 * Small enough for whole steps in one dispatch, whose products know no tile, and too large for registers, where each invocation sums
 * its own rows.
 */
const small: TrainerOptions = {
  ...classifier,
  model: sequential([dense(20, "tanh"), dense(3)]),
  oneDispatch: true,
  optimizer: adamw({ learningRate: cosine({ learningRate: 0.02, steps: 90 }), weightDecay: 0.1 }),
};

test.each(Object.entries(trainings))("100 steps of %s give the same bits whatever the lanes", (_, options) =>
  expectSameOnAll(poses, options, STEPS, true),
);

test("a GPU stages the products of wide layers", async () => {
  const kernels = await withTrainer(
    poses.known,
    trainings["layers that a GPU stages in squares"] ?? classifier,
    async ({ plan }) =>
      plan.steps.filter(({ variant }) => "tile" in variant && variant.tile.staged).map(({ kernel }) => kernel),
  );
  expect(kernels).toEqual(["layerForward", "layerBackward", "layerUpdate"]);
});

test("100 whole steps in one dispatch give the same bits whatever the lanes", async () => {
  const expected = await train(poses.known, small, STEPS, true);
  expect(expected.plan.steps[0]?.variant).toMatchObject({ registers: false });
  for (const [, other] of poses.others) expectSameTraining(await train(other, small, STEPS, true), expected);
});
