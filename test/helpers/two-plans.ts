import { expect } from "vitest";
import type { Device } from "../../src/device/open.ts";
import { type Dense, sequential } from "../../src/model/layer.ts";
import type { Loss } from "../../src/model/loss.ts";
import type { Optimizer } from "../../src/model/optimizer.ts";
import type { Report, TrainerOptions } from "../../src/run/types.ts";
import { expectClose, expectSameBits, largestMagnitude } from "./compare.ts";
import { random, randomIntegers } from "./gpu.ts";
import { withTrainer } from "./training.ts";

/** A network to be trained by both plans. */
export interface Network {
  readonly inputs: number;
  readonly layers: readonly Dense[];
  readonly loss: Loss;
  readonly optimizer: Optimizer;
}

/** How long, and by which batches. */
export interface Course {
  readonly rows: number;
  readonly batch: number;
  readonly steps: number;
  /** Reports, each of as many steps. */
  readonly reports: number;
}

export function optionsOf(
  { inputs, layers, loss, optimizer }: Network,
  { rows, batch }: Pick<Course, "rows" | "batch">,
): TrainerOptions {
  const outputs = layers.at(-1)?.units ?? 0;
  const targets = loss === "softmaxCrossEntropy" ? randomIntegers(rows, 2, outputs) : random(rows * outputs, 2);
  const data = { inputs: random(rows * inputs, 1), targets };
  return { model: sequential(layers), loss, optimizer, data, batch, seed: 11, oneDispatch: false };
}

/** Trains from parameters of which biases are not 0 either. */
const trained = (device: Device, options: TrainerOptions, { steps, reports: count }: Course) =>
  withTrainer(device, options, async (trainer) => {
    const initial = await trainer.parameters();
    const start = Object.fromEntries(
      Object.entries(initial).map(([name, values], index) => [
        name,
        name.startsWith("b") ? random(values.length, 20 + index, 0.5) : values,
      ]),
    );
    await trainer.setParameters(start);
    const reports: Report[] = [];
    for (let i = 0; i < count; i++) reports.push(await trainer.step(steps / count));
    return { start, reports, parameters: await trainer.parameters() };
  });

const frozen = ({ layers }: Network): string[] =>
  layers.flatMap(({ trainable = true }, index) => {
    const { weights, bias } = typeof trainable === "boolean" ? { weights: trainable, bias: trainable } : trainable;
    return [...(weights ? [] : [`W${index + 1}`]), ...(bias ? [] : [`b${index + 1}`])];
  });

/** Asserts that the fused plan gives the reports and the parameters of the textbook's, and changes what is not frozen. */
export async function expectPlansToAgree(device: Device, network: Network, course: Course): Promise<void> {
  const options = optionsOf(network, course);
  const textbook = await trained(device, { ...options, fuse: false }, course);
  const fused = await trained(device, { ...options, fuse: true }, course);
  fused.reports.forEach((report, i) => {
    const expected = textbook.reports[i];
    if (!expected) throw new Error("a report each");
    const { loss, penalty, objective, seconds: _s, samplesPerSecond: _p, ...rest } = report;
    for (const [name, value] of Object.entries({ loss, penalty, objective })) {
      const own = expected[name as "loss"];
      // Both sum the same numbers, the penalty in parts of its own.
      expectClose(`${name} of report ${i + 1}`, [value], [own], 1e-6 * Math.abs(own));
    }
    expect(expected).toMatchObject(rest);
  });
  expect(Object.keys(fused.parameters)).toEqual(Object.keys(textbook.parameters));
  for (const [name, values] of Object.entries(textbook.parameters)) {
    // Sums that may be taken in another order, each right to some 10⁻⁷, over 100 steps at most.
    expectClose(name, fused.parameters[name] ?? [], values, 2e-5 * largestMagnitude(values));
    const unchanged = frozen(network).includes(name);
    if (unchanged) expectSameBits(name, fused.parameters[name] ?? new Float32Array(), fused.start[name] ?? values);
    else expect(fused.parameters[name], name).not.toEqual(fused.start[name]);
  }
  const [first, last] = [fused.reports[0], fused.reports.at(-1)];
  if (frozen(network).length === 0) expect(last?.objective).toBeLessThan(first?.objective ?? 0);
}
