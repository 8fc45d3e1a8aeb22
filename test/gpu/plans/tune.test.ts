import { afterAll, describe, expect, test } from "vitest";
import { type Device, openDevice } from "../../../src/device/open.ts";
import { DeviceError, ModelError } from "../../../src/errors.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import { adam, sgd } from "../../../src/model/optimizer.ts";
import { attempts, type Choice, choiceOf, choiceText, products, type Tunable } from "../../../src/plan/tiles.ts";
import type { Plan } from "../../../src/plan/types.ts";
import { createTrainer } from "../../../src/run/trainer.ts";
import { cacheKey, encodeKept } from "../../../src/run/tune/cache.ts";
import { tune, tuner } from "../../../src/run/tune/tune.ts";
import type { TuneCache, TuneReport } from "../../../src/run/tune/types.ts";
import type { Parameters, TrainerOptions } from "../../../src/run/types.ts";
import { countCalls } from "../../helpers/counting.ts";
import { random, randomIntegers } from "../../helpers/gpu.ts";
import { expectSameParameters, rejection, withTrainer } from "../../helpers/training.ts";

const device = await openDevice();
afterAll(() => device.destroy());
const counter = countCalls(device.gpu);

const ROWS = 100;

/** A classifier with a tile's edge on every side, whose last batch of an epoch is partial. */
const options: TrainerOptions = {
  model: sequential([dense(37, "tanh"), dense(37, "relu"), dense(3)]),
  loss: "softmaxCrossEntropy",
  optimizer: adam({ learningRate: 0.01, weightDecay: 0.1 }),
  data: { inputs: random(ROWS * 21, 1), targets: randomIntegers(ROWS, 2, 3) },
  batch: 39,
  oneDispatch: false,
};

const plain: TrainerOptions = { ...options, optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) };

/** Two products, so that a whole search takes seconds. */
const small: TrainerOptions = { ...plain, model: sequential([dense(3)]) };

/** A plan of this device, as a trainer makes it. */
const planOf = (given: TrainerOptions) => withTrainer(device, given, async ({ plan }) => plan);

/** Parameters and optimizer state after 50 steps, 17 epochs. */
const train = (given: TrainerOptions) =>
  withTrainer(device, given, async (trainer) => {
    await trainer.step(50);
    const states = Object.keys(trainer.plan.tensors).filter((name) => name.startsWith("state_"));
    const values: Record<string, Float32Array<ArrayBuffer>> = { ...(await trainer.parameters()) };
    for (const name of states) values[name] = (await trainer.read(name)).data as Float32Array<ArrayBuffer>;
    return { values: values as Parameters, plan: trainer.plan, tuning: trainer.tuning as TuneReport };
  });

/** Another way to share out each product, whether faster or not: all that may vary does where it can. */
function otherChoice(step: Tunable): Choice {
  const own = choiceOf(step);
  if ("group" in own) return { group: 16, subgroups: false };
  if (step.kernel === "layerUpdate" && step.variant.penalty) return { ...own, unroll: 8 };
  return { ...own, along: 4, across: 1, lanes: 16, unroll: 2, swap: !own.swap, subgroups: false };
}

type Written = ReadonlyMap<string, string> & Map<string, string>;

/** A cache that says of every product of a plan that the search is over and `choose` was the best. */
function cacheOf(plan: Plan, choose: (step: Tunable) => Choice, from: Pick<Device, "adapter"> = device): Written {
  return new Map(
    products(plan).map(({ step }) => [
      cacheKey(device, step),
      encodeKept(from, step, { choice: choose(step), tried: attempts(step) }),
    ]),
  );
}

const choicesIn = (plan: Plan) => products(plan).map(({ step }) => choiceText(choiceOf(step)));

describe("tune › what it measures", () => {
  test("leaves the numbers as they are, says what became of every product, and is kept for the next run", async () => {
    const own = await train(small);
    const cache = new Map<string, string>();
    const { values, plan, tuning } = await train({ ...small, tune: tuner({ cache, seconds: 50 }) });
    expectSameParameters(values, own.values);
    expect(tuning.adapter).toBe(device.adapter.name);
    expect(tuning.refused).toEqual([]);
    expect(tuning.choices.map(({ kernel, dims, from, source }) => [kernel, dims, from, source])).toEqual(
      products(own.plan).map(({ step }) => [step.kernel, step.dims, choiceOf(step), "measured"]),
    );
    for (const { from, to, speedup, timed } of tuning.choices) {
      expect(timed).toBeGreaterThan(0);
      if (choiceText(from) === choiceText(to)) expect(speedup).toBe(1);
      else expect(speedup).toBeGreaterThanOrEqual(1.05);
    }
    expect(choicesIn(plan).sort()).toEqual(tuning.choices.map(({ to }) => choiceText(to)).sort());

    const again = await tune(device, own.plan, { cache });
    expect(again.plan).toEqual(plan);
    expect(again.report.choices.map(({ source, timed }) => [source, timed])).toEqual([
      ["cache", 0],
      ["cache", 0],
    ]);
  });

  test("begins nothing once its time is up, and reports what it did not reach", async () => {
    const plan = await planOf(plain);
    counter.reset();
    const { plan: tuned, report } = await tune(device, plan, { seconds: 1e-9 });
    expect(tuned).toEqual(plan);
    expect(report.choices.map(({ source, timed }) => [source, timed])).toEqual(
      products(plan).map(() => ["time ran out", 0]),
    );
    expect(counter.counts).toEqual({});
  });

  test("leaves no buffer behind, and keeps no shader that lost", async () => {
    const plan = await planOf(small);
    const alive = counter.alive();
    const compiled: number[] = [];
    for (let i = 0; i < 2; i++) {
      counter.reset();
      await tune(device, plan, { seconds: 2 });
      compiled.push(counter.counts.createComputePipelineAsync ?? 0);
      expect(counter.alive()).toEqual(alive);
    }
    expect(Math.min(...compiled)).toBeGreaterThan(0);
  });

  test("has nothing to do where a step is one dispatch", async () => {
    const { tuning } = await train({
      ...plain,
      model: sequential([dense(4), dense(3)]),
      oneDispatch: true,
      tune: tuner(),
    });
    expect(tuning).toMatchObject({ choices: [], refused: [] });
  });
});

describe("tune › what a cache holds", () => {
  test.each([
    ["momentum", plain],
    ["adam with a penalty, whose squares are summed by invocation", options],
    ["the textbook plan", { ...plain, fuse: false }],
  ])("is applied, and trains to the same bits: %s", async (_, given) => {
    const own = await train(given);
    const cache = cacheOf(own.plan, otherChoice);
    const { values, plan, tuning } = await train({ ...given, tune: tuner({ cache }) });
    expect(tuning.refused).toEqual([]);
    expect(tuning.choices.map(({ source }) => source)).toEqual(products(own.plan).map(() => "cache"));
    expect(tuning.choices.map(({ to }) => choiceText(to))).toEqual(
      products(own.plan).map(({ step }) => choiceText(otherChoice(step))),
    );
    expect(choicesIn(plan).some((choice) => !choicesIn(own.plan).includes(choice))).toBe(true);
    expectSameParameters(values, own.values);
  });

  test.each([
    ["another driver's", { driver: "another" }, /^stale: of driver "another", here it is/],
    ["another adapter's", { model: "another" }, /^foreign: of adapter "another", here it is/],
  ])("is refused if %s, and replaced", async (_, differing, reason) => {
    const plan = await planOf(plain);
    const cache = cacheOf(plan, otherChoice, { adapter: { ...device.adapter, ...differing } });
    const { report } = await tune(device, plan, { cache, seconds: 0.5 });
    expect(report.refused).toHaveLength(products(plan).length);
    for (const line of report.refused) expect(line.replace(/^\w+ [0-9×]+: /, "")).toMatch(reason);
    expect(report.choices.some(({ source }) => source === "cache")).toBe(false);
    // What was begun was kept, for this device.
    const again = await tune(device, plan, { cache, seconds: 1e-9 });
    expect(again.report.refused.length).toBeLessThan(report.refused.length);
  });

  test("is refused if damaged, and replaced", async () => {
    const plan = await planOf(plain);
    const own = choicesIn(plan);
    const damaged = ["", "{", "null", '{"format":2}', "\u0000"];
    const keys = products(plan).map(({ step }) => cacheKey(device, step));
    const cache = new Map(keys.map((key, index) => [key, damaged[index % damaged.length] as string]));
    const { plan: tuned, report } = await tune(device, plan, { cache, seconds: 1e-9 });
    expect(report.refused).toHaveLength(keys.length);
    for (const line of report.refused) expect(line).toMatch(/: damaged: no (JSON object|library)$/);
    expect(choicesIn(tuned)).toEqual(own);
  });

  test("is refused if the device would not allow it", async () => {
    const plan = await planOf(plain);
    const most = device.gpu.limits.maxComputeInvocationsPerWorkgroup;
    const cache = cacheOf(plan, (step) => {
      const choice = otherChoice(step);
      return "group" in choice ? { ...choice, group: most + 4 } : { ...choice, lanes: most + 4 };
    });
    const { plan: tuned, report } = await tune(device, plan, { cache, seconds: 1e-9 });
    expect(report.refused).toHaveLength(products(plan).length);
    for (const line of report.refused) expect(line).toMatch(/: damaged: a choice that is out of range$/);
    expect(tuned).toEqual(plan);
  });

  test("is done without where it cannot be read or written, and the report says so", async () => {
    const plan = await planOf(plain);
    const cache: TuneCache = {
      get: () => {
        throw new Error("no permission");
      },
      set: () => Promise.reject(new Error("full")),
    };
    const { report } = await tune(device, plan, { cache, seconds: 0.2 });
    expect(report.refused).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/: the cache cannot be read: no permission$/),
        expect.stringMatching(/: the cache cannot be written: full$/),
      ]),
    );
  });
});

describe("tune › what gives other numbers", () => {
  /** A device of which every shader with 16 invocations a workgroup comes out otherwise. */
  async function miscompiling(change: (code: string) => string): Promise<Device> {
    const other = await openDevice();
    const { gpu } = other;
    const original = gpu.createShaderModule.bind(gpu);
    const createShaderModule = (given: GPUShaderModuleDescriptor) =>
      original(given.code.includes("@workgroup_size(16)") ? { ...given, code: change(given.code) } : given);
    Object.defineProperty(gpu, "createShaderModule", { value: createShaderModule });
    return other;
  }

  test.each([
    ["in the last bit", (code: string) => code.replace("let z = value", "let z = value * 1.0000001"), "other bits"],
    [
      "in a partial batch alone",
      (code: string) => code.replace("let z = value", "let z = select(0.0, value, control.rows == 39u)"),
      "other bits",
    ],
    ["in that it does not compile", (code: string) => `${code}\nno WGSL`, "refused by the device: a shader that"],
  ])("is refused, kept or found, if it differs %s", async (_, change, reason) => {
    const plan = await planOf({ ...plain, model: sequential([dense(37, "tanh"), dense(3)]) });
    const other = await miscompiling(change);
    const forwards = products(plan).filter(({ step }) => step.kernel === "layerForward");
    const cache = cacheOf({ ...plan, steps: forwards.map(({ step }) => step) }, otherChoice);
    try {
      const { plan: tuned, report } = await tune(other, plan, { cache, seconds: 0.5 });
      expect(report.refused.length).toBeGreaterThan(0);
      for (const line of report.refused) expect(line).toContain(`: ${reason}`);
      for (const { step } of products(tuned)) {
        if (step.kernel === "layerForward") expect(step.variant.tile.lanes).not.toBe(16);
      }
    } finally {
      other.destroy();
    }
  });
});

describe("tune › errors", () => {
  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("refuses %s seconds", async (seconds) => {
    const error = await rejection(tune(device, await planOf(plain), { seconds }));
    expect(error).toBeInstanceOf(ModelError);
    expect(String(error)).toBe(
      `ModelError: tune: got seconds ${seconds}, expected a number above 0; leave seconds out for 5.`,
    );
  });

  test("a trainer takes what tuner makes, and nothing else", async () => {
    counter.reset();
    const error = await rejection(createTrainer(device, { ...plain, tune: true as never }));
    expect(String(error)).toBe(
      'ModelError: createTrainer: got tune true, expected what tuner() makes; import { tuner } from "chainrule" and give tune: tuner().',
    );
    expect(counter.counts).toEqual({});
  });

  test("a lost device ends it", async () => {
    const other = await openDevice();
    const plan = await planOf(plain);
    const tuning = rejection(tune(other, plan, { seconds: 30 }));
    setTimeout(() => other.destroy(), 300);
    expect(await tuning).toBeInstanceOf(DeviceError);
  });
});
