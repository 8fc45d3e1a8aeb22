import { expect } from "vitest";
import type { Device } from "../../src/device/open.ts";
import { NumericError } from "../../src/errors.ts";
import { sequential } from "../../src/model/layer.ts";
import type { Optimizer } from "../../src/model/optimizer.ts";
import { sgd } from "../../src/model/optimizer.ts";
import { sweep } from "../../src/run/sweep.ts";
import { createTrainer } from "../../src/run/trainer.ts";
import type { Report, Sweep, SweepOptions, Trainer, Variant, VariantReport } from "../../src/run/types.ts";
import { expectSameParameters } from "./training.ts";
import { type Rule, rules, smallOf } from "./variants.ts";
import { dataOf } from "./whole-steps.ts";

type Network = Parameters<typeof smallOf>[0];

const variantsOf = (optimizers: readonly Optimizer[]): Variant[] =>
  optimizers.map((optimizer, index) => ({ optimizer, seed: 3 * index }));

/** A sweep over the optimizers of a rule. @param variants others of the same rule */
export function sweepOf(network: Network, rule: Rule, variants = variantsOf(rules[rule])): SweepOptions {
  const small = smallOf(network, rule);
  return { model: sequential(small.layers), loss: small.loss, data: dataOf(small), batch: small.batch, variants };
}

/** Variants by momentum that differ in their rate and seed. */
export const rates = (...learningRates: readonly number[]): Variant[] =>
  learningRates.map((learningRate, seed) => ({
    optimizer: sgd({ learningRate, momentum: 0.5, weightDecay: 0.01, decay: "per-step" }),
    seed,
  }));

/** Each variant with a trainer of its own. */
export const alone = (device: Device, { variants, ...options }: SweepOptions): Promise<Trainer[]> =>
  Promise.all(variants.map((variant) => createTrainer(device, { ...options, ...variant, oneDispatch: true })));

/** Runs `work` with a sweep, and a trainer for each of its variants, and disposes of all. */
export async function withBoth(
  device: Device,
  options: SweepOptions,
  work: (all: Sweep, each: readonly Trainer[]) => Promise<void>,
): Promise<void> {
  const [all, each] = [await sweep(device, options), await alone(device, options)];
  try {
    await work(all, each);
  } finally {
    for (const one of [all, ...each]) one.dispose();
  }
}

/** A report without the times. */
export function untimed(report: VariantReport | undefined): Partial<Report> {
  if (report === undefined || report instanceof NumericError) throw report ?? new Error("no report");
  const { seconds, samplesPerSecond, ...others } = report;
  return others;
}

export async function expectSameAsAlone(all: Sweep, each: readonly Trainer[]): Promise<void> {
  for (const [variant, trainer] of each.entries()) {
    expectSameParameters(await all.parameters(variant), await trainer.parameters());
  }
}

/** Trains a sweep and each of its variants alone, so many steps at a time, and compares all bits. */
export const expectSweepAsAlone = (device: Device, options: SweepOptions, parts: readonly number[]): Promise<void> =>
  withBoth(device, options, async (all, each) => {
    for (const steps of parts) {
      const reports = await all.step(steps);
      expect(reports).toHaveLength(each.length);
      for (const [variant, trainer] of each.entries()) {
        expect(untimed(reports[variant])).toEqual(untimed(await trainer.step(steps)));
      }
      await expectSameAsAlone(all, each);
    }
  });
