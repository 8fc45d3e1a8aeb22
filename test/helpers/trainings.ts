import { expect } from "vitest";
import { createReferenceTrainer } from "../../src/cpu/trainer.ts";
import type { Device } from "../../src/device/open.ts";
import { sweep } from "../../src/run/sweep.ts";
import { createTrainer } from "../../src/run/trainer.ts";
import type { Fit, ReferenceTrainer, Report, Trainer, TrainerOptions, VariantReport } from "../../src/run/types.ts";
import { difference } from "./difference.ts";
import { CLOSE } from "./training.ts";

/** Whatever trains, made by the same options, for what holds of all. */

export type Either = Trainer | ReferenceTrainer;

/** What a sweep's only variant has too. */
export type Any = Pick<Either, "plan" | "step" | "fit" | "parameters" | "save" | "dispose">;

export type Make<T> = (options: TrainerOptions) => Promise<T>;

/** The two kinds of trainers, by where they train. */
export const trainersOn = (device: Device) =>
  [
    ["on the GPU", (options) => createTrainer(device, options)],
    ["on the CPU", async (options) => createReferenceTrainer(options)],
  ] as const satisfies readonly (readonly [string, Make<Either>])[];

/** Those, and a sweep of one variant. */
export const trainingsOn = (device: Device): readonly (readonly [string, Make<Any>])[] => [
  ...trainersOn(device),
  ["of a sweep", (options) => onlyVariant(device, options)],
];

async function onlyVariant(device: Device, options: TrainerOptions): Promise<Any> {
  const { model, loss, data, optimizer, batch = 32, shuffle = true, seed = 0 } = options;
  const all = await sweep(device, { model, loss, data, batch, shuffle, variants: [{ optimizer, seed }] });
  const { step, fit: train, parameters, save, dispose, plan } = all;
  return {
    plan,
    step: async (...given) => reportOf(await step(...given)),
    fit: (...given) => fitOf(train(...given)),
    parameters: () => parameters(0),
    save: (...given) => save(0, ...given),
    dispose,
  };
}

function reportOf([report]: readonly VariantReport[]): Report {
  if (report instanceof Error) throw report;
  return report as Report;
}

function fitOf(all: Fit<readonly VariantReport[]>): Fit<Report> {
  async function* reports() {
    for await (const one of all) yield reportOf(one);
  }
  const whole = () => Promise.resolve(all).then(reportOf);
  return Object.assign(reports(), {
    // biome-ignore lint/suspicious/noThenProperty: it is to be awaited
    then: ((resolve, reject) => whole().then(resolve, reject)) as Promise<Report>["then"],
    catch: ((reject) => whole().catch(reject)) as Promise<Report>["catch"],
    finally: ((end) => whole().finally(end)) as Promise<Report>["finally"],
  });
}

/** Runs `work` with something that trains, and disposes of it. */
export async function using<T extends Any, R>(
  make: Make<T>,
  options: TrainerOptions,
  work: (trainer: T) => Promise<R>,
): Promise<R> {
  const trainer = await make(options);
  try {
    return await work(trainer);
  } finally {
    trainer.dispose();
  }
}

/** Runs `work` with a trainer of either kind, and asserts that it gives the same but for roundings. @returns what the GPU gave */
export async function expectAlike<R>(
  device: Device,
  options: TrainerOptions,
  work: (trainer: Either) => Promise<R>,
): Promise<R> {
  const [[, onGpu], [, onCpu]] = trainersOn(device);
  const [expected, got] = [await using(onGpu, options, work), await using(onCpu, options, work)];
  expect(difference(got, expected, CLOSE)).toBeUndefined();
  return expected;
}

export const untimed = ({ seconds: _, samplesPerSecond: __, ...report }: Report): Partial<Report> => report;

/** What a call throws or rejects with, as text. @throws Error where it does neither */
export async function refusal(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    return String(error);
  }
  throw new Error("resolved, expected a refusal");
}
