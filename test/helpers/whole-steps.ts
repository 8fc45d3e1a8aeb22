import { expect } from "vitest";
import type { Device } from "../../src/device/open.ts";
import { type Dense, sequential } from "../../src/model/layer.ts";
import type { Loss } from "../../src/model/loss.ts";
import type { Optimizer } from "../../src/model/optimizer.ts";
import { createTrainer } from "../../src/run/trainer.ts";
import type { Dataset, Trainer, TrainerOptions } from "../../src/run/types.ts";
import { expectClose } from "./compare.ts";
import { random, randomIntegers } from "./gpu.ts";
import { expectSameParameters } from "./training.ts";

/** A training so small that its steps are one dispatch. */
export interface Small {
  readonly inputs: number;
  readonly layers: readonly Dense[];
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  readonly rows: number;
  readonly batch: number;
  /** Drawn if left out. */
  readonly data?: Dataset;
}

export function dataOf({ data, inputs, layers, loss, rows }: Small): Dataset {
  if (data) return data;
  const outputs = layers.at(-1)?.units ?? 0;
  const targets = loss === "softmaxCrossEntropy" ? randomIntegers(rows, 9, outputs) : random(outputs * rows, 9);
  return { inputs: random(inputs * rows, 8), targets };
}

export const optionsOf = (small: Small, oneDispatch: boolean): TrainerOptions => ({
  model: sequential(small.layers),
  loss: small.loss,
  optimizer: small.optimizer,
  data: dataOf(small),
  batch: small.batch,
  seed: 4,
  oneDispatch,
});

/** Where each of the two plans is trained. */
export interface Devices {
  readonly whole: Device;
  readonly fused: Device;
}

/** Runs `work` with a trainer of whole steps and one of a dispatch for each layer, and disposes of both. */
export async function withBoth(
  { whole, fused }: Devices,
  small: Small,
  work: (whole: Trainer, fused: Trainer) => Promise<void>,
): Promise<void> {
  const both = [
    await createTrainer(whole, optionsOf(small, true)),
    await createTrainer(fused, optionsOf(small, false)),
  ];
  try {
    const [one, other] = both as [Trainer, Trainer];
    expect(one.plan.steps.map(({ kernel }) => kernel)).toEqual(["wholeSteps"]);
    expect(other.plan.steps.length).toBeGreaterThan(1);
    await work(one, other);
  } finally {
    for (const trainer of both) trainer.dispose();
  }
}

/** Every parameter bit for bit. */
export const expectSame = async (one: Trainer, other: Trainer): Promise<void> =>
  expectSameParameters(await one.parameters(), await other.parameters());

/**
 * Every parameter within 2e-5 of its layer's largest. Both plans sum the same rows of a batch, 16 at most, in another order: a
 * gradient is off by γ₁₆ Σ|terms|, some 1e-6 of what it may be at most, and a bias sums the same deltas as its layer's weights.
 */
export async function expectNear(one: Trainer, other: Trainer): Promise<void> {
  const [left, right] = [await one.parameters(), await other.parameters()];
  expect(Object.keys(left)).toEqual(Object.keys(right));
  for (const [name, values] of Object.entries(right)) {
    const layer = name.slice(1);
    const largest = Math.max(...[`W${layer}`, `b${layer}`].flatMap((one) => Array.from(right[one] ?? [], Math.abs)));
    expectClose(name, left[name] ?? [], values, 2e-5 * largest);
  }
}

/** Trains by both plans, so many steps at a time, and compares reports and parameters after each. */
export async function expectAlike(
  whole: Trainer,
  fused: Trainer,
  parts: readonly number[],
  compare: (whole: Trainer, fused: Trainer) => Promise<void>,
): Promise<void> {
  for (const steps of parts) {
    const [report, expected] = [await whole.step(steps), await fused.step(steps)];
    // L and s are summed in another order too, of parameters that differ as `expectNear` says.
    for (const key of ["loss", "penalty"] as const) {
      expectClose(key, [report[key]], [expected[key]], 4e-5 * expected[key]);
    }
    expect(report).toMatchObject({
      step: expected.step,
      epoch: expected.epoch,
      rows: expected.rows,
      accuracy: expected.accuracy,
      learningRate: expected.learningRate,
    });
    await compare(whole, fused);
  }
}
