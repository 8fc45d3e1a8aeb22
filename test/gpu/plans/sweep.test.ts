import { afterAll, describe, expect, it } from "vitest";
import {
  adam,
  adamw,
  cosine,
  createTrainer,
  DeviceError,
  type Loss,
  NumericError,
  type Optimizer,
  openDevice,
  type Report,
  type Sweep,
  type SweepOptions,
  sequential,
  sgd,
  stepDecay,
  sweep,
  type Trainer,
  type Variant,
  type VariantReport,
} from "../../../src/index.ts";
import { type Dense, dense } from "../../../src/model/layer.ts";
import { countCalls } from "../../helpers/counting.ts";
import { random, randomIntegers } from "../../helpers/gpu.ts";
import { expectSameParameters, rejection } from "../../helpers/training.ts";

const device = await openDevice();
afterAll(() => device.destroy());
const counter = countCalls(device.gpu);

/** Rows of the data: not a multiple of the batch, so that the last batch of each epoch is partial. */
const ROWS = 45;
const INPUTS = 3;
const BATCH = 16;
const EPOCH_STEPS = 3;

const networks: Readonly<Record<string, readonly Dense[]>> = {
  "with parameters in registers": [dense(8, "relu"), dense(3)],
  "in workgroup memory": [dense(12, "tanh"), dense(16, "sigmoid", { bias: false }), dense(3)],
};

/** Optimizers of one kind that differ in every number. */
const rules: Readonly<Record<string, readonly Optimizer[]>> = {
  "sgd with decay of a rate that drops": [
    [0.2, 7, 0.5, 0.05],
    [0.1, 3, 0.9, 0.1],
    [0.3, 5, 0.7, 0.01],
  ].map(([learningRate = 0, every = 0, factor = 0, weightDecay = 0]) =>
    sgd({ learningRate: stepDecay({ learningRate, every, factor }), weightDecay }),
  ),
  "momentum, decay per step of biases too": [
    [0.05, 0.9, 0.05],
    [0.1, 0.5, 0.01],
    [0.02, 0.99, 0.1],
  ].map(([learningRate = 0, momentum = 0, weightDecay = 0]) =>
    sgd({ learningRate, momentum, weightDecay, decay: "per-step", decayBiases: true }),
  ),
  adam: [
    [0.02, 60, 5, 0.9, 0.999, 1e-8],
    [0.05, 30, 2, 0.8, 0.99, 1e-6],
    [0.01, 20, 10, 0.95, 0.9, 1e-4],
  ].map(([learningRate = 0, steps = 0, warmup = 0, beta1 = 0, beta2 = 0, epsilon = 0]) =>
    adam({ learningRate: cosine({ learningRate, steps, warmup }), beta1, beta2, epsilon }),
  ),
  adamw: [0.05, 0.01, 0.2].map((weightDecay) => adamw({ learningRate: 0.1 * weightDecay, weightDecay })),
};

const variantsOf = (optimizers: readonly Optimizer[]): Variant[] =>
  optimizers.map((optimizer, index) => ({ optimizer, seed: 3 * index }));

const optionsOf = (
  layers: readonly Dense[],
  variants: readonly Variant[],
  loss: Loss = "softmaxCrossEntropy",
): SweepOptions => {
  const targets = loss === "softmaxCrossEntropy" ? randomIntegers(ROWS, 9, 3) : random(3 * ROWS, 9);
  const data = { inputs: random(INPUTS * ROWS, 8), targets };
  return { model: sequential(layers), loss, data, batch: BATCH, variants };
};

const [small = []] = Object.values(networks);
const rates = (...learningRates: readonly number[]): Variant[] =>
  learningRates.map((learningRate, seed) => ({ optimizer: sgd({ learningRate }), seed }));

/** Each variant with a trainer of its own. */
const alone = ({ variants, ...options }: SweepOptions): Promise<Trainer[]> =>
  Promise.all(variants.map((variant) => createTrainer(device, { ...options, ...variant, oneDispatch: true })));

/** Runs `work` with a sweep, and a trainer for each of its variants, and disposes of all. */
async function withBoth(options: SweepOptions, work: (all: Sweep, each: readonly Trainer[]) => Promise<void>) {
  const [all, each] = [await sweep(device, options), await alone(options)];
  try {
    await work(all, each);
  } finally {
    for (const one of [all, ...each]) one.dispose();
  }
}

/** A report without the times. */
function untimed(report: VariantReport | undefined): Partial<Report> {
  if (report === undefined || report instanceof NumericError) throw report ?? new Error("no report");
  const { seconds, samplesPerSecond, ...others } = report;
  return others;
}

async function expectSameAsAlone(all: Sweep, each: readonly Trainer[]): Promise<void> {
  for (const [variant, trainer] of each.entries()) {
    expectSameParameters(await all.parameters(variant), await trainer.parameters());
  }
}

describe.each(Object.entries(networks))("a sweep %s", (_, layers) => {
  it.each(Object.entries(rules))(
    "trains variants by %s as each trains alone, bit for bit",
    async (name, optimizers) => {
      const loss = name === "adam" ? "halfSquaredError" : "softmaxCrossEntropy";
      await withBoth(optionsOf(layers, variantsOf(optimizers), loss), async (all, each) => {
        for (const steps of [1, 2, 30]) {
          const reports = await all.step(steps);
          expect(reports).toHaveLength(each.length);
          for (const [variant, trainer] of each.entries()) {
            expect(untimed(reports[variant])).toEqual(untimed(await trainer.step(steps)));
          }
          await expectSameAsAlone(all, each);
        }
      });
    },
  );
});

describe("a sweep", () => {
  it("does not depend on how many steps a call or a submit has", async () => {
    await withBoth(optionsOf(small, variantsOf(rules.adamw ?? [])), async (all, each) => {
      for (const steps of [1, 3, 7, 40, 1100]) await all.step(steps);
      for (const trainer of each) await trainer.step(1151);
      await expectSameAsAlone(all, each);
    });
  });

  it("of 64 variants trains each as it trains alone", async () => {
    const variants = Array.from({ length: 64 }, (_, seed) => ({
      seed,
      optimizer: sgd({ learningRate: 0.01 * (seed + 1) }),
    }));
    const options = optionsOf(small, variants);
    const all = await sweep(device, options);
    const reports = await all.step(100);
    expect(new Set(reports.map((report) => untimed(report).loss)).size).toBe(64);
    for (const index of [0, 1, 31, 62, 63]) {
      const [trainer] = await alone({ ...options, variants: variants.slice(index, index + 1) });
      expect(untimed(reports[index])).toEqual(untimed(await trainer?.step(100)));
      expectSameParameters(await all.parameters(index), (await trainer?.parameters()) ?? {});
      trainer?.dispose();
    }
    all.dispose();
  });

  it("trains on bytes as its variants do alone", async () => {
    const inputs = Uint8Array.from(randomIntegers(INPUTS * ROWS, 8, 256));
    const options = optionsOf(small, rates(0.1, 0.2));
    const { targets } = options.data;
    await withBoth({ ...options, data: { inputs, targets, scale: 1 / 255 } }, async (all, each) => {
      await all.step(20);
      for (const trainer of each) await trainer.step(20);
      await expectSameAsAlone(all, each);
    });
  });

  it("reports epoch by epoch", async () => {
    await withBoth(optionsOf(small, rates(0.1, 0.2)), async (all, each) => {
      await all.step();
      const seen: VariantReport[][] = [];
      for await (const reports of all.fit({ epochs: 3 })) seen.push([...reports]);
      const expected = each.map(async (trainer) => {
        await trainer.step();
        const own: Partial<Report>[] = [];
        for await (const report of trainer.fit({ epochs: 3 })) own.push(untimed(report));
        return own;
      });
      for (const [variant, own] of (await Promise.all(expected)).entries()) {
        expect(seen.map((reports) => untimed(reports[variant]))).toEqual(own);
      }
    });
  });

  it("stops where its signal is aborted", async () => {
    const all = await sweep(device, optionsOf(small, rates(0.1, 0.2)));
    const stop = new AbortController();
    let epochs = 0;
    for await (const [first] of all.fit({ epochs: 10, signal: stop.signal })) {
      epochs++;
      expect(untimed(first).step).toBe(epochs * EPOCH_STEPS);
      if (epochs === 2) stop.abort();
    }
    expect(epochs).toBe(2);
    const [next] = await all.step();
    expect(untimed(next).step).toBe(2 * EPOCH_STEPS + 1);
    all.dispose();
  });

  it("refuses a number of steps or epochs that is none, a signal that is none, and a variant that it does not have", async () => {
    const all = await sweep(device, optionsOf(small, rates(0.1, 0.2)));
    expect(() => all.step(0)).toThrow("step: got steps 0, expected a whole number from 1 to 4294967295");
    const fitting = all.fit({ epochs: 0.5 }).next();
    expect(String(await rejection(fitting))).toMatch(/^ModelError: fit: got epochs 0.5,/);
    const unsignalled = all.fit({ epochs: 1, signal: {} as AbortSignal }).next();
    expect(String(await rejection(unsignalled))).toMatch(/^ModelError: fit: got signal .*, expected an AbortSignal;/);
    for (const variant of [-1, 2, 0.5, Number.NaN]) {
      const message = `got variant ${variant}, expected a whole number from 0 to 1; give the index of a variant.`;
      expect(String(await rejection(all.parameters(variant)))).toBe(`ModelError: parameters: ${message}`);
      expect(String(await rejection(all.save(variant)))).toBe(`ModelError: save: ${message}`);
    }
    all.dispose();
  });
});

describe("a variant of a sweep", () => {
  it.each(Object.entries(rules))("by %s goes on exactly in a trainer of its own", async (_, optimizers) => {
    const options = optionsOf(small, variantsOf(optimizers));
    await withBoth(options, async (all, each) => {
      await all.step(11);
      for (const [variant, trainer] of each.entries()) await trainer.load(await all.save(variant));
      await all.step(13);
      for (const trainer of each) expect(await trainer.step(13)).toMatchObject({ step: 24 });
      await expectSameAsAlone(all, each);
    });
  });

  it("is saved without what belongs to training where that is not wanted", async () => {
    await withBoth(optionsOf(small, variantsOf(rules.adam ?? [])), async (all, [trainer]) => {
      const bytes = await all.save(0, { optimizer: false, metadata: { author: "me" } });
      expect(bytes).toEqual(await trainer?.save({ optimizer: false, metadata: { author: "me" } }));
    });
  });

  it.each(Object.entries(networks))("%s halts alone, as it does without the others", async (_, layers) => {
    await withBoth(optionsOf(layers, rates(0.1, 3e38, 0.2)), async (all, [first, failing, third]) => {
      const reports = await all.step(20);
      const expected = await rejection(failing?.step(20) ?? Promise.resolve());
      expect(expected).toBeInstanceOf(NumericError);
      const { step, tensor, got, remedy, where } = expected as NumericError;
      expect(reports[1]).toBeInstanceOf(NumericError);
      // A variant's parameters cannot be set.
      const own = remedy.replace(/load a save or set parameters, and |set smaller parameters and /, "");
      expect(reports[1]).toMatchObject({ step, tensor, got, remedy: own });
      expect((reports[1] as NumericError).where).toBe(where.replace("training", "sweep: variants[1]"));
      expect(untimed(reports[0])).toEqual(untimed(await first?.step(20)));
      expect(untimed(reports[2])).toEqual(untimed(await third?.step(20)));

      const later = await all.step(20);
      expect(later[1]).toBe(reports[1]);
      expect(untimed(later[0])).toEqual(untimed(await first?.step(20)));
      expect(untimed(later[2])).toEqual(untimed(await third?.step(20)));
      await expectSameAsAlone(all, [first, failing, third] as Trainer[]);
    });
  });

  it("ends a fit where it is the last to halt", async () => {
    const all = await sweep(device, optionsOf(small, rates(3e38, 3e38)));
    const seen: VariantReport[][] = [];
    for await (const reports of all.fit({ epochs: 5 })) seen.push([...reports]);
    expect(seen).toHaveLength(1);
    expect(seen[0]?.every((report) => report instanceof NumericError)).toBe(true);
    counter.reset();
    expect(await all.step()).toEqual(seen[0]);
    expect(counter.counts).toEqual({});
    all.dispose();
  });
});

describe("sweep › what it asks of the device", () => {
  const options = optionsOf(small, variantsOf(rules.adamw ?? []));

  it("a step of all variants is one dispatch in one submit", async () => {
    const all = await sweep(device, options);
    expect(all.plan.steps.map(({ kernel }) => kernel)).toEqual(["wholeSteps"]);
    counter.reset();
    await all.step();
    expect(counter.counts).toEqual({
      createCommandEncoder: 2,
      beginComputePass: 1,
      dispatchWorkgroups: 1,
      submit: 2,
      mapAsync: 1,
    });
    all.dispose();
  });

  it("100 steps after the first make nothing, write nothing and map one buffer, for the report", async () => {
    const all = await sweep(device, options);
    await all.step();
    counter.reset();
    await all.step(100);
    const { submit = 0, beginComputePass, dispatchWorkgroups = 0, createCommandEncoder, ...others } = counter.counts;
    expect(others).toEqual({ mapAsync: 1 });
    expect(beginComputePass).toBe(submit - 1);
    expect(createCommandEncoder).toBe(submit);
    // Powers of two of steps, whatever the number of variants.
    expect(dispatchWorkgroups).toBeLessThan(100);
    all.dispose();
  });

  it("wrong variants and a network too large cost no GPU work", async () => {
    counter.reset();
    for (const wrong of [
      { ...options, variants: [] },
      { ...options, variants: rates(0.1).concat({ optimizer: adam({ learningRate: 0.1 }) }) },
      { ...options, model: sequential([dense(512, "relu"), dense(512, "relu"), dense(3)]) },
      { ...options, data: { inputs: [1, 2, Number.NaN], targets: [0] } },
    ]) {
      await rejection(sweep(device, wrong));
    }
    expect(counter.counts).toEqual({});
  });

  it("frees every buffer when disposed, and rejects what waits and all later calls", async () => {
    const all = await sweep(device, options);
    await all.step(2);
    await all.save(0);
    expect(counter.alive().length).toBeGreaterThan(5);
    const waiting = [all.step(1000), all.step()];
    all.dispose();
    expect(counter.alive()).toEqual([]);
    for (const work of [...waiting, all.step(), all.fit({ epochs: 1 }).next(), all.parameters(0), all.save(0)]) {
      const error = await rejection(work);
      expect(error).toBeInstanceOf(DeviceError);
      expect(String(error)).toMatch(/^DeviceError: sweep: got a call after dispose\(\)/);
    }
  });
});
