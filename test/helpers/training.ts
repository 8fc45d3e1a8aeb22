import type { Device } from "../../src/device/open.ts";
import { type ControlValues, initialControl } from "../../src/kernels/control.ts";
import { dense, sequential } from "../../src/model/layer.ts";
import { sgd } from "../../src/model/optimizer.ts";
import { createReference, type Reference } from "../../src/reference/run.ts";
import { createTrainer } from "../../src/run/trainer.ts";
import type { Dataset, Parameters, Trainer, TrainerOptions } from "../../src/run/types.ts";
import { expectSameBits } from "./compare.ts";
import { controlOf, random, randomIntegers } from "./gpu.ts";

export const ROWS = 130;
export const BATCH = 50;
/** Two full batches and one of 30 rows. */
export const EPOCH_STEPS = 3;
export const COLUMNS = 3;
export const CLASSES = 4;

/** Two ways to train these small networks part by less than this in a few steps: some hundred roundings of numbers around 1. */
export const CLOSE = 1e-5;

/** Seeded rows of 3 columns with classes 0 to 3. */
export const classes = (rows = ROWS, seed = 1): Dataset => ({
  inputs: random(rows * COLUMNS, seed),
  targets: randomIntegers(rows, seed + 100, CLASSES),
});

/** The two plans of a training: all that the formulas name, or few dispatches. */
export const plans = [
  ["textbook", false],
  ["fused", true],
] as const;

/** A small classifier whose last batch of an epoch is partial. */
export const classifier: TrainerOptions = {
  model: sequential([dense(8, "tanh"), dense(CLASSES)]),
  loss: "softmaxCrossEntropy",
  optimizer: sgd({ learningRate: 0.2, weightDecay: 0.1 }),
  data: classes(),
  batch: BATCH,
  seed: 7,
  // A dispatch for each layer: whole steps in one dispatch have tests of their own.
  oneDispatch: false,
};

/** A small regressor with both a relu and an activated output. */
export const regressor: TrainerOptions = {
  ...classifier,
  model: sequential([dense(8, "relu"), dense(2, "sigmoid")]),
  loss: "halfSquaredError",
  data: { inputs: random(ROWS * COLUMNS, 1), targets: random(ROWS * 2, 2) },
};

/** The classifier's layers fitted to numbers, by the classifier's shaders but for the loss. */
export const estimator: TrainerOptions = {
  ...classifier,
  loss: "halfSquaredError",
  data: { inputs: random(ROWS * COLUMNS, 1), targets: random(ROWS * CLASSES, 2) },
};

/** The control block of a trainer with these options, as the GPU holds it before the first step. */
export function controlFor({ optimizer, data, loss, model, batch = 0, seed = 0 }: TrainerOptions): ControlValues {
  const outputs = loss === "softmaxCrossEntropy" ? 1 : (model.layers.at(-1)?.units ?? 0);
  return controlOf(initialControl({ optimizer, dataRows: data.targets.length / outputs, batch, seed }));
}

/** The CPU twin of a trainer, with the trainer's parameters. */
export async function referenceOf(trainer: Trainer, options: TrainerOptions): Promise<Reference> {
  const reference = createReference(trainer.plan, controlFor(options), "float32");
  reference.set("X", options.data.inputs);
  reference.set("Y", options.data.targets);
  for (const [name, values] of Object.entries(await trainer.parameters())) reference.set(name, values);
  return reference;
}

/** What the last step summed: L, s, hits and |B|. */
export function sumsOf(reference: Reference): { loss: number; penalty: number; hits: number; rows: number } {
  reference.close();
  const at = 8 * (reference.control.step - 1);
  const [loss = 0, penalty = 0, hits = 0, rows = 0] = reference.tensor("ring").slice(at, at + 4);
  return { loss, penalty, hits, rows };
}

/** Runs `work` with a trainer and disposes of it. */
export async function withTrainer<T>(
  device: Device,
  options: TrainerOptions,
  work: (trainer: Trainer) => Promise<T>,
): Promise<T> {
  const trainer = await createTrainer(device, options);
  try {
    return await work(trainer);
  } finally {
    trainer.dispose();
  }
}

/** Asserts that two sets of parameters hold the same bits. */
export function expectSameParameters(got: Parameters, expected: Parameters): void {
  const names = Object.keys(expected);
  if (Object.keys(got).join() !== names.join()) throw new Error(`parameters ${Object.keys(got)}, expected ${names}`);
  for (const name of names) {
    expectSameBits(name, got[name] ?? new Float32Array(), expected[name] ?? new Float32Array());
  }
}

/** What a promise rejected with. @throws Error where it resolved */
export async function rejection(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error("resolved, expected a rejection");
}
