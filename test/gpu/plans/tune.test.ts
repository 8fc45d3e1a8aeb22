import { describe, expect, test } from "vitest";
import { openDevice } from "../../../src/device/open.ts";
import { DeviceError, ModelError, PlanError } from "../../../src/errors.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import { checkPlan } from "../../../src/plan/check.ts";
import { choiceOf, choiceText, products, type Tunable } from "../../../src/plan/tiles.ts";
import type { Plan, Tensor } from "../../../src/plan/types.ts";
import { planTraining } from "../../../src/run/plan.ts";
import { createTrainer } from "../../../src/run/trainer.ts";
import { cacheKey } from "../../../src/run/tune/cache.ts";
import { tune, tuneBy, tuner, tunerBy } from "../../../src/run/tune/tune.ts";
import type { TuneCache, Tuned } from "../../../src/run/tune/types.ts";
import type { TrainerOptions } from "../../../src/run/types.ts";
import { countCalls } from "../../helpers/counting.ts";
import { useCounter, useDevice } from "../../helpers/device.ts";
import { disguised } from "../../helpers/disguise.ts";
import { random, randomIntegers } from "../../helpers/gpu.ts";
import { ruleOf } from "../../helpers/networks.ts";
import { BATCHES, hardware, INPUTS, OUTPUTS, onPalette, ROWS, TWO_EPOCHS, UNITS } from "../../helpers/palette.ts";
import { expectSameParameters, rejection } from "../../helpers/training.ts";
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
import { inRegisters, smallOf } from "../../helpers/variants.ts";
import { optionsOf } from "../../helpers/whole-steps.ts";

const shared = await useDevice();
const device = onPalette(shared);
const counter = await useCounter();

/** A classifier whose last batch of an epoch is partial. */
const plain: TrainerOptions = {
  model: sequential([dense(UNITS[0], "tanh"), dense(OUTPUTS)]),
  loss: "softmaxCrossEntropy",
  optimizer: ruleOf("momentum"),
  data: { inputs: random(ROWS * INPUTS, 1), targets: randomIntegers(ROWS, 2, OUTPUTS) },
  batch: BATCHES[0],
  oneDispatch: false,
};

const options: TrainerOptions = { ...plain, optimizer: ruleOf("adam, λ") };

/** Two products. */
const small: TrainerOptions = { ...plain, model: sequential([dense(OUTPUTS)]) };

/** A plan of this device, as a trainer makes it. */
const planOf = ({ data: _, seed: __, tune: ___, ...described }: TrainerOptions) =>
  planTraining({ ...described, inputs: INPUTS, rows: ROWS }, hardware);

/** Its product of a kernel alone. */
const only = (kernel: Tunable["kernel"], given: TrainerOptions) => alone(planOf(given), kernel);

/** A `Tuned` out of JSON. */
interface Mutable {
  // biome-ignore lint/suspicious/noExplicitAny: as code without types has it
  readonly plan: { readonly steps: any[]; readonly tensors: Record<string, unknown> };
  readonly report: object;
}

/** Seconds that are up, by a clock that ticks, when the first product has been begun. */
const FIRST = 0.03;

describe("tune › what it measures", () => {
  test("leaves the numbers as they are, says what became of every product, keeps it for the next run, and nothing else", async () => {
    const own = await train(device, small, TWO_EPOCHS);
    // Twice as many rows a workgroup take half the time.
    const { on, now } = scripted(device, (source) =>
      source.includes(`@workgroup_size(${2 * hardware.lanes})`) ? 5 : 10,
    );
    const cache = cacheOf(only("layerUpdate", small), choiceOf, device);
    const { values, plan, tuning } = await train(
      on,
      { ...small, tune: tunerBy(now, { cache, seconds: 1e6 }) },
      TWO_EPOCHS,
    );
    expectSameParameters(values, own.values);
    expect(tuning.adapter).toBe(device.adapter.name);
    expect(tuning.refused).toEqual([]);
    expect(tuning.choices.map(({ kernel, dims, from }) => [kernel, dims, from])).toEqual(
      products(own.plan).map(({ step }) => [step.kernel, step.dims, choiceOf(step)]),
    );
    const [output] = tuning.choices.filter(({ kernel }) => kernel === "outputLoss");
    expect(output).toMatchObject({ source: "measured", speedup: 2, to: { group: 2 * hardware.lanes }, rejected: [] });
    expect(output?.timed).toBeGreaterThan(1);
    const [update] = tuning.choices.filter(({ kernel }) => kernel === "layerUpdate");
    expect(update).toMatchObject({ source: "cache", timed: 0, to: update?.from });
    expect(choicesIn(plan).sort()).toEqual(tuning.choices.map(({ to }) => choiceText(to)).sort());

    const again = await tuneBy(now, on, own.plan, { cache });
    expect(again.plan).toEqual(plan);
    expect(again.report.choices.map(({ source, timed }) => [source, timed])).toEqual([
      ["cache", 0],
      ["cache", 0],
    ]);

    // The shader that won is kept, none that lost, and no buffer.
    const alive = counter.alive();
    counter.reset();
    const { report } = await tuneBy(now, on, only("outputLoss", small), { seconds: 1e6 });
    const { timed, to } = report.choices[0] ?? expect.fail("no product");
    expect([timed, to]).toEqual([output?.timed, output?.to]);
    expect(counter.counts.createComputePipelineAsync).toBe(timed - 1);
    expect(counter.alive()).toEqual(alive);
  });

  test("begins nothing once its time is up, and reports what it did not reach", async () => {
    const plan = planOf(plain);
    counter.reset();
    const { plan: tuned, report } = await tuneBy(ticking(), device, plan, { seconds: 1e-9 });
    expect(tuned).toEqual(plan);
    expect(report.choices.map(({ source, timed }) => [source, timed])).toEqual(
      products(plan).map(() => ["time ran out", 0]),
    );
    expect(counter.counts).toEqual({});
  });

  test("ends by a signal, and keeps nothing of what it was at", async () => {
    const plan = only("outputLoss", small);
    const controller = new AbortController();
    const { on, now } = scripted(device, (source) => {
      if (source.includes(`@workgroup_size(${2 * hardware.lanes})`)) controller.abort();
      return 10;
    });
    const cache = new Map<string, string>();
    const { plan: tuned, report } = await tuneBy(now, on, plan, { cache, seconds: 1e6 }, controller.signal);
    expect(controller.signal.aborted).toBe(true);
    expect([...cache]).toEqual([]);
    expect(tuned).toEqual(plan);
    expect(report.choices.map(({ source }) => source)).toEqual(["time ran out"]);
  });

  test("has nothing to do where a step is one dispatch", async () => {
    const given = optionsOf(smallOf(inRegisters["two layers"], "adamw, biases decay too"), true);
    const { tuning } = await train(shared, { ...given, tune: tuner() }, 1);
    expect(tuning).toMatchObject({ choices: [], refused: [] });
  });
});

describe("tune › what a cache holds", () => {
  test.each([
    ["momentum", small],
    ["adam with a penalty, whose squares are summed by invocation", options],
  ])("is applied, and trains to the same bits: %s", async (_, given) => {
    const own = await train(device, given, TWO_EPOCHS);
    const cache = cacheOf(own.plan, otherChoice, device);
    const { values, plan, tuning } = await train(device, { ...given, tune: tunerBy(ticking(), { cache }) }, TWO_EPOCHS);
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
    const plan = planOf(plain);
    const cache = cacheOf(plan, otherChoice, device, { adapter: { ...device.adapter, ...differing } });
    const { report } = await tuneBy(ticking(), device, plan, { cache, seconds: FIRST });
    expect(report.refused).toHaveLength(products(plan).length);
    for (const line of report.refused) expect(line.replace(/^\w+ [0-9×]+: /, "")).toMatch(reason);
    expect(report.choices.some(({ source }) => source === "cache")).toBe(false);
    // The product that was begun was kept, for this device.
    const again = await tuneBy(ticking(), device, plan, { cache, seconds: 1e-9 });
    expect(again.report.refused).toHaveLength(report.refused.length - 1);
  });

  test("is refused if damaged, and replaced", async () => {
    const plan = planOf(plain);
    const own = choicesIn(plan);
    const damaged = ["", "{", "null", '{"format":2}', "\u0000"];
    const keys = products(plan).map(({ step }) => cacheKey(device, step));
    const cache = new Map(keys.map((key, index) => [key, damaged[index % damaged.length] as string]));
    const { plan: tuned, report } = await tuneBy(ticking(), device, plan, { cache, seconds: 1e-9 });
    expect(report.refused).toHaveLength(keys.length);
    for (const line of report.refused) expect(line).toMatch(/: damaged: no (JSON object|library)$/);
    expect(choicesIn(tuned)).toEqual(own);
  });

  test("is refused if the device would not allow it", async () => {
    const plan = planOf(plain);
    const most = device.gpu.limits.maxComputeInvocationsPerWorkgroup;
    const cache = cacheOf(
      plan,
      (step) => {
        const choice = otherChoice(step);
        return "group" in choice ? { ...choice, group: most + 4 } : { ...choice, lanes: most + 4 };
      },
      device,
    );
    const { plan: tuned, report } = await tuneBy(ticking(), device, plan, { cache, seconds: 1e-9 });
    expect(report.refused).toHaveLength(products(plan).length);
    for (const line of report.refused) expect(line).toMatch(/: damaged: a choice that is out of range$/);
    expect(tuned).toEqual(plan);
  });

  test("is done without where it cannot be read or written, and the report says so", async () => {
    const plan = planOf(plain);
    const cache: TuneCache = {
      get: () => {
        throw new Error("no permission");
      },
      set: () => Promise.reject(new Error("full")),
    };
    const { report } = await tuneBy(ticking(), device, plan, { cache, seconds: FIRST });
    expect(report.refused).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/: the cache cannot be read: no permission$/),
        expect.stringMatching(/: the cache cannot be written: full$/),
      ]),
    );
  });
});

describe("tune › what tune() gave", () => {
  /** As by a search that found other ways to be faster. */
  const found = async (given: TrainerOptions): Promise<Tuned> => {
    const plan = planOf(given);
    return tuneBy(ticking(), device, plan, { cache: cacheOf(plan, otherChoice, device) });
  };

  test("is taken by a trainer, as it is or out of JSON, which compiles nothing else and trains to the same bits", async () => {
    const own = await train(device, small, TWO_EPOCHS);
    const tuned = await found(small);
    expect(tuned.plan).not.toEqual(own.plan);
    for (const tune of [tuned, JSON.parse(JSON.stringify(tuned)) as Tuned, structuredClone(tuned)]) {
      counter.reset();
      const { values, plan, tuning } = await train(device, { ...small, tune }, TWO_EPOCHS);
      expect(plan).toEqual(tuned.plan);
      expect(() => checkPlan(plan)).not.toThrow();
      expect(tuning).toEqual(tune.report);
      expectSameParameters(values, own.values);
      expect(counter.counts.createComputePipelineAsync).toBeUndefined();
    }
  });

  test("is applied as it was at the call's check, whatever becomes of it", async () => {
    const tuned = JSON.parse(JSON.stringify(await found(small)));
    const { plan } = await train(device, { ...small, tune: tuned }, 1);
    tuned.plan.steps.length = 0;
    expect(plan).toEqual((await found(small)).plan);
  });

  /** A change of what was found, by code that knows no types. */
  const changed = async (change: (tuned: Mutable) => void): Promise<Tuned> => {
    const tuned = JSON.parse(JSON.stringify(await found(small)));
    change(tuned);
    return tuned;
  };
  const product = ({ plan }: Mutable) => plan.steps.find(({ kernel }) => kernel === "outputLoss");
  const update = ({ plan }: Mutable) => plan.steps.find(({ kernel }) => kernel === "layerUpdate");

  test.each<[string, (tuned: Mutable) => void, string]>([
    [
      "another batch",
      (tuned) => Object.assign(tuned.plan, { batch: 4 }),
      "plan.batch 4, expected 7, as in the plan of",
    ],
    ["a step less", ({ plan }) => plan.steps.pop(), "plan.steps\\[2\\] nothing, expected {.*, as in the plan of"],
    ["a step that is none", ({ plan }) => plan.steps.splice(1, 1, null), "plan.steps\\[1\\] null, expected {"],
    [
      "another tensor",
      (tuned) => Object.assign(update(tuned).bind, { w: "b1" }),
      'plan.steps\\[2\\].bind.w "b1", expected "W1", as in',
    ],
    [
      "a tensor more",
      ({ plan }) => Object.assign(plan.tensors, { more: plan.tensors.W1 }),
      "plan.tensors.more {.*, expected nothing, as in",
    ],
    [
      "another variant",
      (tuned) => Object.assign(product(tuned).variant, { bias: false }),
      "plan.steps\\[1\\].variant.bias false, expected true, as in",
    ],
    [
      "no choice",
      (tuned) => Object.assign(update(tuned).variant, { tile: undefined }),
      "step 3 \\(layerUpdate\\) shared out as {}, expected a choice that",
    ],
    [
      "too many invocations",
      (tuned) => Object.assign(product(tuned).variant, { group: 2 ** 20 }),
      'step 2 \\(outputLoss\\) shared out as {"group":1048576,"subgroups":false}, expected a choice that the step and this device allow',
    ],
    [
      "shader text in a tile",
      (tuned) => Object.assign(update(tuned).variant.tile, { lanes: "1) fn" }),
      "step 3 \\(layerUpdate\\) shared out as {.*, expected a choice that",
    ],
    [
      "another device",
      ({ report }) => Object.assign(report, { adapter: "another GPU" }),
      'a plan tuned on "another GPU", expected ".*"',
    ],
  ])("is refused with %s, before any GPU work", async (_, change, got) => {
    const tuned = await changed(change);
    counter.reset();
    const error = await rejection(createTrainer(device, { ...small, tune: tuned }));
    expect(error).toBeInstanceOf(PlanError);
    const remedy = "; tune the plan of these options on this device\\.$";
    expect((error as PlanError).message).toMatch(new RegExp(`^createTrainer: tune: got ${got}.*${remedy}`));
    expect(counter.counts).toEqual({});
  });

  test("is checked too where a function of one's own gives it", async () => {
    const tuned = await changed(({ plan }) => plan.steps.pop());
    expect(await rejection(createTrainer(device, { ...small, tune: async () => tuned }))).toBeInstanceOf(PlanError);
    const none = await rejection(createTrainer(device, { ...small, tune: (async () => undefined) as never }));
    expect(String(none)).toMatch(
      /^ModelError: createTrainer: got tune .*, expected what tuner\(\) makes or tune\(\) gave;/,
    );
  });

  test.each([null, [], {}, { plan: 1, report: 2 }, { plan: { steps: [] }, report: null }])(
    "is not %j",
    async (tune) => {
      const error = await rejection(createTrainer(device, { ...small, tune: tune as never }));
      expect(error).toBeInstanceOf(ModelError);
      expect(String(error)).toContain("expected what tuner() makes or tune() gave");
    },
  );
});

describe("tune › what gives other numbers", () => {
  let comesOut = (source: string): string => source;
  const other = miscompiling(device, (source) => comesOut(source));

  test.each(mistakes(ROWS % BATCHES[0]))("is refused if it differs %s", async (_, change, reason, mark) => {
    const plan = only("layerForward", plain);
    const cache = cacheOf(plan, otherChoice, device);
    const changed: string[] = [];
    comesOut = (source) => {
      changed.push(change(source));
      return changed.at(-1) ?? "";
    };
    const { plan: tuned, report } = await tuneBy(ticking(), other, plan, { cache, seconds: FIRST });
    expect(report.refused).toHaveLength(1);
    for (const line of report.refused) expect(line).toContain(`: ${reason}`);
    expect(tuned).toEqual(plan);
    // What one case refused is forgotten: the next has the shader compiled anew, with its own mistake.
    expect(changed).toEqual([expect.stringContaining(mark)]);
  });
});

describe("tune › errors", () => {
  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("refuses %s seconds", async (seconds) => {
    const error = await rejection(tune(device, planOf(plain), { seconds }));
    expect(error).toBeInstanceOf(ModelError);
    expect(String(error)).toBe(
      `ModelError: tune: got seconds ${seconds}, expected a number above 0; leave seconds out for 5.`,
    );
  });

  test("a trainer takes what tuner makes, and nothing else", async () => {
    counter.reset();
    const error = await rejection(createTrainer(device, { ...plain, tune: true as never }));
    expect(String(error)).toBe(
      'ModelError: createTrainer: got tune true, expected what tuner() makes or tune() gave; import { tuner } from "chainrule" and give tune: tuner().',
    );
    expect(counter.counts).toEqual({});
  });

  /** What a program may hold in place of a plan. */
  const steps = planOf(plain).steps;
  const loop: Record<string, unknown> = {};
  loop.self = loop;
  test.each<[string, unknown, string]>([
    ["nothing", undefined, "tune: got undefined, expected a plan; "],
    [
      "no step",
      { ...planOf(plain), steps: [null] },
      "tune: got a plan that cannot be read \\(.*\\), expected a plan; give",
    ],
    ["no tensors", { ...planOf(plain), tensors: {} }, "train plan: step 1 \\(begin\\): got control bound to control"],
    [
      "no variant",
      { ...planOf(plain), steps: steps.map((step) => ({ ...step, variant: null })) },
      "tune: got a plan that",
    ],
    [
      "one that holds itself",
      { ...planOf(plain), removed: loop },
      "tune: got plan\\.removed\\.self\\.self\\.self\\.self\\.self\\.self\\.self, an object, expected a word or a number",
    ],
    ["half a row", { ...planOf(plain), batch: 3.5 }, "tune: got plan.batch 3.5, expected a whole number from 0 to"],
    [
      "a kernel that there is not",
      { ...planOf(plain), steps: [{ ...steps[0], kernel: "toString" }] },
      'train plan: step 1 \\(toString\\): got kernel "toString", expected one of',
    ],
    [
      "what is read before it is written",
      { ...planOf(plain), steps: steps.toReversed() },
      "train plan: step 1 \\(layerUpdate\\): got .*, which no step has written",
    ],
  ])("refuses a plan with %s, before any GPU work", async (_, plan, expected) => {
    counter.reset();
    const error = await rejection(tune(device, plan as Plan, { seconds: 1e-9 }));
    expect(error).toBeInstanceOf(PlanError);
    expect((error as PlanError).message).toMatch(new RegExp(`^${expected}`));
    expect(counter.counts).toEqual({});
  });

  test("refuses a plan that the device has no room for before it makes operands", async () => {
    const { X, ...others } = planOf(plain).tensors;
    const plan = { ...planOf(plain), tensors: { X: { ...(X as Tensor), shape: [2 ** 31, INPUTS] }, ...others } };
    counter.reset();
    const error = await rejection(tuneBy(ticking(), device, plan, { seconds: 1e-9 }));
    expect(error).toBeInstanceOf(DeviceError);
    expect(String(error)).toMatch(/^DeviceError: train plan: tensor X .*, expected at most .*, the largest buffer/);
    expect(counter.counts).toEqual({});
  });

  test.each([
    ["the plan's own way is read", 1],
    ["a candidate is", 3],
  ])("frees all buffers where a trial fails as %s", async (_, failing) => {
    const alive = counter.alive();
    let mapped = 0;
    const createBuffer = (given: GPUBufferDescriptor) => {
      const buffer = shared.gpu.createBuffer(given);
      if ((given.usage & GPUBufferUsage.MAP_READ) === 0) return buffer;
      const { mapAsync } = buffer;
      buffer.mapAsync = (...range) =>
        ++mapped === failing ? Promise.reject(new Error("no memory")) : mapAsync.apply(buffer, range);
      return buffer;
    };
    const plan = only("layerForward", plain);
    const tuning = tuneBy(ticking(), disguised(device, { createBuffer }), plan, {
      cache: cacheOf(plan, otherChoice, device),
    });
    expect(String(await rejection(tuning))).toBe("Error: no memory");
    expect(mapped).toBeGreaterThanOrEqual(failing);
    expect(counter.alive()).toEqual(alive);
  });

  test("a lost device ends it", async () => {
    const other = await openDevice();
    try {
      const own = countCalls(other.gpu);
      const tuning = rejection(tuneBy(ticking(), onPalette(other), only("outputLoss", small), { seconds: 1e6 }));
      // In the middle of the search: a candidate is being compiled.
      await own.when(() => own.counts.createComputePipelineAsync === 2);
      other.destroy();
      expect(await tuning).toBeInstanceOf(DeviceError);
    } finally {
      other.destroy();
    }
  });
});
