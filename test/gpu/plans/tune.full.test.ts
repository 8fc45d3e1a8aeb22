import { describe, expect, test } from "vitest";
import { openDevice } from "../../../src/device/open.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import { adam, sgd } from "../../../src/model/optimizer.ts";
import { choiceOf, choiceText, products } from "../../../src/plan/tiles.ts";
import { tuneBy, tunerBy } from "../../../src/run/tune/tune.ts";
import type { TrainerOptions } from "../../../src/run/types.ts";
import { countCalls } from "../../helpers/counting.ts";
import { useDevice } from "../../helpers/device.ts";
import { random, randomIntegers } from "../../helpers/gpu.ts";
import { expectSameParameters, withTrainer } from "../../helpers/training.ts";
import {
  alone,
  cacheOf,
  choicesIn,
  miscompiling,
  mistakes,
  otherChoice,
  scripted,
  ticking,
  train,
} from "../../helpers/tuning.ts";

const device = await useDevice();

const ROWS = 100;

/** 17 epochs. */
const STEPS = 50;

/** A classifier with a tile's edge on every side, whose last batch of an epoch has 22 rows. */
const options: TrainerOptions = {
  model: sequential([dense(37, "tanh"), dense(37, "relu"), dense(3)]),
  loss: "softmaxCrossEntropy",
  optimizer: adam({ learningRate: 0.01, weightDecay: 0.1 }),
  data: { inputs: random(ROWS * 21, 1), targets: randomIntegers(ROWS, 2, 3) },
  batch: 39,
  oneDispatch: false,
};

const plain: TrainerOptions = { ...options, optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) };

/** Two products. */
const small: TrainerOptions = { ...plain, model: sequential([dense(3)]) };

/** A plan of this device, as a trainer makes it. */
const planOf = (given: TrainerOptions) => withTrainer(device, given, async ({ plan }) => plan);

test("a whole search leaves the numbers as they are, says what became of every product, and is kept for the next run", async () => {
  const own = await train(device, small, STEPS);
  const cache = new Map<string, string>();
  // Of 32 invocations a workgroup takes half the time, as no product has by itself.
  const { on, now } = scripted(device, (source) => (source.includes("@workgroup_size(32)") ? 5 : 10));
  const { values, plan, tuning } = await train(on, { ...small, tune: tunerBy(now, { cache, seconds: 1e6 }) }, STEPS);
  expectSameParameters(values, own.values);
  expect(tuning.adapter).toBe(device.adapter.name);
  expect(tuning.refused).toEqual([]);
  expect(tuning.choices.map(({ kernel, dims, from, source }) => [kernel, dims, from, source])).toEqual(
    products(own.plan).map(({ step }) => [step.kernel, step.dims, choiceOf(step), "measured"]),
  );
  for (const { from, to, speedup, timed } of tuning.choices) {
    expect(timed).toBeGreaterThan(0);
    if (choiceText(from) === choiceText(to)) expect(speedup).toBe(1);
    else expect(speedup).toBe(2);
  }
  expect(tuning.choices.filter(({ from, to }) => choiceText(from) !== choiceText(to))).not.toEqual([]);
  expect(choicesIn(plan).sort()).toEqual(tuning.choices.map(({ to }) => choiceText(to)).sort());

  const again = await tuneBy(now, on, own.plan, { cache });
  expect(again.plan).toEqual(plan);
  expect(again.report.choices.map(({ source, timed }) => [source, timed])).toEqual([
    ["cache", 0],
    ["cache", 0],
  ]);
});

test("a whole search leaves no buffer behind, and keeps no shader that lost", async () => {
  // One that no other test has compiled for.
  const own = await openDevice();
  try {
    const counter = countCalls(own.gpu);
    await withTrainer(own, small, async ({ plan }) => {
      const alive = counter.alive();
      const compiled: number[] = [];
      for (let i = 0; i < 2; i++) {
        counter.reset();
        const { report } = await tuneBy(ticking(), own, plan, { seconds: 1e6 });
        compiled.push(counter.counts.createComputePipelineAsync ?? 0);
        expect(counter.alive()).toEqual(alive);
        // Each candidate is compiled once, again in each search; the plan's own shaders are kept.
        expect(compiled[i]).toBe(report.choices.reduce((sum, { timed, rejected }) => sum + timed + rejected.length, 0));
      }
      expect(Math.min(...compiled)).toBeGreaterThan(0);
    });
  } finally {
    own.destroy();
  }
});

test.each([
  ["momentum", plain],
  ["adam with a penalty, whose squares are summed by invocation", options],
  ["the textbook plan", { ...plain, fuse: false }],
])("what a cache holds is applied, and trains to the same bits: %s", async (_, given) => {
  const own = await train(device, given, STEPS);
  const cache = cacheOf(own.plan, otherChoice, device);
  const { values, plan, tuning } = await train(device, { ...given, tune: tunerBy(ticking(), { cache }) }, STEPS);
  expect(tuning.refused).toEqual([]);
  expect(tuning.choices.map(({ source }) => source)).toEqual(products(own.plan).map(() => "cache"));
  expect(tuning.choices.map(({ to }) => choiceText(to))).toEqual(
    products(own.plan).map(({ step }) => choiceText(otherChoice(step))),
  );
  expect(choicesIn(plan).some((choice) => !choicesIn(own.plan).includes(choice))).toBe(true);
  expectSameParameters(values, own.values);
});

describe("what gives other numbers is refused where it is found", () => {
  test.each(mistakes(ROWS % 39))("if it differs %s", async (_, change, reason) => {
    const whole = await planOf({ ...plain, model: sequential([dense(37, "tanh"), dense(3)]) });
    const plan = alone(whole, "layerForward");
    const other = miscompiling(device, change);
    const { plan: tuned, report } = await tuneBy(ticking(), other, plan, { seconds: 1e6 });
    const rejected = report.choices.flatMap((choice) => choice.rejected);
    expect(rejected.length).toBeGreaterThan(0);
    for (const line of rejected) expect(line).toMatch(new RegExp(`16 a workgroup.*: ${reason}`));
    expect(choicesIn(tuned)).toEqual(choicesIn(plan));
  });
});
