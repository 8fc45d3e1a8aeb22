import { expect } from "vitest";
import type { Device } from "../../src/device/open.ts";
import { boundOperands, type KernelName } from "../../src/kernels/index.ts";
import { excessOf, type Limits } from "../../src/plan/limits.ts";
import type { Dataset, TrainerOptions } from "../../src/run/types.ts";
import { expectSameBits } from "./compare.ts";
import { randomIntegers } from "./gpu.ts";
import { expectSameParameters, withTrainer } from "./training.ts";

/** One that no f32 holds, and an offset: as float32 the product and the sum would be rounded once more. */
export const byteScale = { scale: 1 / 255, offset: -0.3 };

export const randomBytes = (length: number, seed: number): Uint8Array =>
  Uint8Array.from(randomIntegers(length, seed, 256));

/** What the bytes stand for, each rounded once. */
export const valuesOf = (bytes: Uint8Array | Uint8ClampedArray, { scale = 1, offset = 0 } = {}) =>
  Float32Array.from(bytes, (byte) => Math.fround(scale * byte + offset));

export type ByteOptions = Omit<TrainerOptions, "data">;

/** A training that bytes and what they stand for go through alike. */
export interface ByteTraining {
  readonly options: ByteOptions;
  /** The kernels that read bytes. */
  readonly kernels: readonly KernelName[];
  readonly rows: number;
  readonly columns: number;
  readonly steps: number;
  /** Of whole steps: whether parameters stay in registers. */
  readonly registers?: boolean;
}

/** Trains so many steps. */
export const trained = (on: Device, options: ByteOptions, data: Dataset, steps: number) =>
  withTrainer(on, { ...options, data }, async (trainer) => {
    const { seconds: _s, samplesPerSecond: _p, ...report } = await trainer.step(steps);
    return { report, parameters: await trainer.parameters(), plan: trainer.plan };
  });

/** Asserts that a training on bytes and one on numbers give the same bits. */
export async function expectSame(on: Device, options: ByteOptions, packed: Dataset, plain: Dataset, steps: number) {
  const [got, expected] = [await trained(on, options, packed, steps), await trained(on, options, plain, steps)];
  expect([got.plan.tensors.X?.dtype, expected.plan.tensors.X?.dtype]).toEqual(["u8", "f32"]);
  expect(got.plan.steps.map(({ kernel }) => kernel)).toEqual(expected.plan.steps.map(({ kernel }) => kernel));
  expect(got.report).toEqual(expected.report);
  expectSameParameters(got.parameters, expected.parameters);
  return got.plan;
}

/** Trains on bytes as on their values. @param limits that the plan on bytes keeps within */
export async function expectAsValues(on: Device, training: ByteTraining, limits: Limits): Promise<void> {
  const { options, kernels, rows, columns, steps: count, registers } = training;
  const { loss, model } = options;
  const inputs = randomBytes(rows * columns, 1);
  const outputs = model.layers.at(-1)?.units ?? 0;
  const targets = randomIntegers(loss === "softmaxCrossEntropy" ? rows : rows * outputs, 2, outputs);
  const packed = { inputs, ...byteScale, targets };
  const plan = await expectSame(on, options, packed, { inputs: valuesOf(inputs, byteScale), targets }, count);
  const reading = plan.steps.filter((step) => boundOperands(step).some(({ content }) => content === "u8"));
  expect(reading.map(({ kernel }) => kernel)).toEqual(kernels);
  expect(reading[0]?.variant).toMatchObject(registers === undefined ? {} : { registers });
  expect(excessOf(plan, limits)).toBeUndefined();
}

/** Asserts that the GPU's bytes are read as the values that they stand for, each of the 256 if there are so many. */
export async function expectRead(device: Device, options: ByteOptions, rows: number, columns: number): Promise<void> {
  const inputs = randomBytes(rows * columns, 3);
  // Every byte there is.
  inputs.forEach((_, i) => {
    if (i < 256) inputs[i] = 255 - i;
  });
  const data = { inputs, ...byteScale, targets: randomIntegers(rows, 2, 3) };
  const values = valuesOf(inputs, byteScale);
  await withTrainer(device, { ...options, fuse: false, batch: rows, data }, async (trainer) => {
    await trainer.step();
    const [X, x, order] = [await trainer.read("X"), await trainer.read("x"), await trainer.read("order")];
    expect([X.shape, x.shape]).toEqual([
      [rows, columns],
      [rows, columns],
    ]);
    expectSameBits("X", X.data, values);
    const rowOf = (row: number) => Array.from(values.subarray(row * columns, (row + 1) * columns));
    expectSameBits("x", x.data, Float32Array.from(Array.from(order.data).flatMap(rowOf)));
  });
}
