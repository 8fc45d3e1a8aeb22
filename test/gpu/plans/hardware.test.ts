import { afterAll, expect, test } from "vitest";
import { type Device, openDevice } from "../../../src/device/open.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import { adam, adamw, sgd } from "../../../src/model/optimizer.ts";
import { cosine, stepDecay } from "../../../src/model/schedule.ts";
import type { Plan } from "../../../src/plan/types.ts";
import type { TrainerOptions } from "../../../src/run/types.ts";
import { expectSameBits } from "../../helpers/compare.ts";
import { disguised } from "../../helpers/disguise.ts";
import { random, randomIntegers } from "../../helpers/gpu.ts";
import { hasSubgroups } from "../../helpers/tiles.ts";
import { expectSameParameters, withTrainer } from "../../helpers/training.ts";

const device = await openDevice();
afterAll(() => device.destroy());

/** One device for all that have no subgroups, since pipelines are kept by device. */
const alone = disguised(device, { features: new Set() });

/** This device, as if it had other lanes or no subgroups. */
const posing = (lanes: number, subgroups: boolean): Device => ({
  ...(subgroups ? device : alone),
  adapter: { ...device.adapter, lanes },
});

const known = posing(32, false);

/** With subgroups too where the device has them, as device.test.ts says it must. */
const others: readonly (readonly [string, Device])[] = [
  ["4 lanes", posing(4, false)],
  ...(hasSubgroups(device) ? [["4 lanes and subgroups", posing(4, true)] as const] : []),
];

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

/** What a device makes of a training: its plan, the parameters after 100 steps, and what they predict. */
const train = (on: Device, options: TrainerOptions) =>
  withTrainer(on, options, async (trainer) => {
    await trainer.step(100);
    const [parameters, { outputs }] = [await trainer.parameters(), await trainer.predict(options.data.inputs)];
    return { plan: trainer.plan, parameters, outputs };
  });

type Trained = Awaited<ReturnType<typeof train>>;

function expectSameTraining(got: Trained, expected: Trained): void {
  expectSameParameters(got.parameters, expected.parameters);
  expectSameBits("outputs", got.outputs, expected.outputs);
}

const tilesOf = ({ steps }: Plan) => steps.flatMap(({ variant }) => ("tile" in variant ? [variant.tile] : []));

test.each(Object.entries(trainings))("100 steps of %s give the same bits whatever the lanes", async (_, options) => {
  const expected = await train(known, options);
  for (const [name, other] of others) {
    const got = await train(other, options);
    // With the same tiles nothing would be compared.
    expect([name, tilesOf(got.plan)]).not.toEqual([name, tilesOf(expected.plan)]);
    expectSameTraining(got, expected);
  }
});

test("a GPU stages the products of wide layers", async () => {
  const kernels = await withTrainer(
    known,
    trainings["layers that a GPU stages in squares"] ?? classifier,
    async ({ plan }) =>
      plan.steps.filter(({ variant }) => "tile" in variant && variant.tile.staged).map(({ kernel }) => kernel),
  );
  expect(kernels).toEqual(["layerForward", "layerBackward", "layerUpdate"]);
});

test("100 whole steps in one dispatch give the same bits whatever the lanes", async () => {
  const expected = await train(known, small);
  expect(expected.plan.steps[0]?.variant).toMatchObject({ registers: false });
  for (const [, other] of others) expectSameTraining(await train(other, small), expected);
});
