import { describe, expect, it } from "vitest";
import { NumericError } from "../../../src/errors.ts";
import { sweep } from "../../../src/run/sweep.ts";
import type { Report, Trainer, VariantReport } from "../../../src/run/types.ts";
import { useCounter, useDevice } from "../../helpers/device.ts";
import { randomIntegers } from "../../helpers/gpu.ts";
import { refusal } from "../../helpers/refusal.ts";
import {
  alone,
  expectSameAsAlone,
  expectSweepAsAlone,
  rates,
  sweepOf,
  untimed,
  withBoth,
} from "../../helpers/sweeps.ts";
import { expectSameParameters, rejection } from "../../helpers/training.ts";
import { inRegisters, inWorkgroup, type Rule, ruleNames } from "../../helpers/variants.ts";

const device = await useDevice();
const counter = await useCounter();

/** Three batches of an epoch, the last partial. */
const EPOCH_STEPS = 3;

const small = inRegisters["two layers"];
const networks = {
  "with parameters in registers": small,
  "in workgroup memory": inWorkgroup["three wide layers without a bias"],
};

const momentum: Rule = "momentum, decay per step";
const trained: readonly (readonly [keyof typeof networks, Rule])[] = [
  ...ruleNames.map((rule) => ["with parameters in registers", rule] as const),
  ["in workgroup memory", momentum],
];

describe("a sweep trains variants as each trains alone, bit for bit", () => {
  it.each(trained)("%s, by %s", (network, rule) =>
    expectSweepAsAlone(device, sweepOf(networks[network], rule), [1, 2, 30]),
  );
});

describe("a sweep", () => {
  it("does not depend on how many steps a call or a submit has", async () => {
    await withBoth(device, sweepOf(small, "adamw, biases decay too"), async (all, each) => {
      for (const steps of [1, 3, 7, 40, 1100]) await all.step(steps);
      for (const trainer of each) await trainer.step(1151);
      await expectSameAsAlone(all, each);
    });
  });

  it("of 64 variants trains each as it trains alone", async () => {
    const variants = rates(...Array.from({ length: 64 }, (_, index) => 0.001 * (index + 1)));
    const options = sweepOf(small, momentum, variants);
    const all = await sweep(device, options);
    const reports = await all.step(100);
    expect(new Set(reports.map((report) => untimed(report).loss)).size).toBe(64);
    for (const index of [0, 1, 31, 62, 63]) {
      const [trainer] = await alone(device, { ...options, variants: variants.slice(index, index + 1) });
      expect(untimed(reports[index])).toEqual(untimed(await trainer?.step(100)));
      expectSameParameters(await all.parameters(index), (await trainer?.parameters()) ?? {});
      trainer?.dispose();
    }
    all.dispose();
  });

  it("trains on bytes as its variants do alone", async () => {
    const options = sweepOf(small, momentum, rates(0.1, 0.2));
    const inputs = Uint8Array.from(randomIntegers(options.data.inputs.length, 8, 256));
    const { targets } = options.data;
    await withBoth(device, { ...options, data: { inputs, targets, scale: 1 / 255 } }, async (all, each) => {
      await all.step(20);
      for (const trainer of each) await trainer.step(20);
      await expectSameAsAlone(all, each);
    });
  });

  it("reports epoch by epoch", async () => {
    await withBoth(device, sweepOf(small, momentum, rates(0.1, 0.2)), async (all, each) => {
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
    const all = await sweep(device, sweepOf(small, momentum, rates(0.1, 0.2)));
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
    const all = await sweep(device, sweepOf(small, momentum, rates(0.1, 0.2)));
    const none = String(await rejection(all.step(0)));
    expect(none).toContain("step: got steps 0, expected a whole number from 1 to 4294967295");
    expect(refusal(() => all.fit({ epochs: 0.5 }))).toMatch(/^ModelError: fit: got epochs 0.5,/);
    expect(refusal(() => all.fit({ epochs: 1, signal: {} as AbortSignal }))).toMatch(
      /^ModelError: fit: got signal .*, expected an AbortSignal;/,
    );
    for (const variant of [-1, 2, 0.5, Number.NaN]) {
      const message = `got variant ${variant}, expected a whole number from 0 to 1; give the index of a variant.`;
      expect(String(await rejection(all.parameters(variant)))).toBe(`ModelError: parameters: ${message}`);
      expect(String(await rejection(all.save(variant)))).toBe(`ModelError: save: ${message}`);
    }
    all.dispose();
  });
});

describe("a variant of a sweep", () => {
  it.each(ruleNames)("by %s goes on exactly in a trainer of its own", async (rule) => {
    const options = sweepOf(small, rule);
    await withBoth(device, options, async (all, each) => {
      await all.step(11);
      for (const [variant, trainer] of each.entries()) await trainer.load(await all.save(variant));
      await all.step(13);
      for (const trainer of each) expect(await trainer.step(13)).toMatchObject({ step: 24 });
      await expectSameAsAlone(all, each);
    });
  });

  it("is saved without what belongs to training where that is not wanted", async () => {
    await withBoth(device, sweepOf(small, "adam, a cosine"), async (all, [trainer]) => {
      const bytes = await all.save(0, { optimizer: false, metadata: { author: "me" } });
      expect(bytes).toEqual(await trainer?.save({ optimizer: false, metadata: { author: "me" } }));
    });
  });

  it.each(Object.entries(networks))("%s halts alone, as it does without the others", async (_, layers) => {
    await withBoth(device, sweepOf(layers, momentum, rates(0.1, 3e38, 0.2)), async (all, [first, failing, third]) => {
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
    const all = await sweep(device, sweepOf(small, momentum, rates(3e38, 3e38)));
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
