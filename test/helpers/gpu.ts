import type { Device } from "../../src/device/open.ts";
import { compileProgram } from "../../src/device/program.ts";
import {
  CONTROL_WORDS,
  type ControlValues,
  decodeControl,
  encodeControl,
  initialControl,
} from "../../src/kernels/control.ts";
import {
  boundOperands,
  type Call,
  type DimOf,
  type KernelName,
  kernels,
  type VariantOf,
} from "../../src/kernels/index.ts";
import type { Dims, Kernel } from "../../src/kernels/types.ts";
import { decodeHalf } from "../../src/model/float16.ts";
import { sgd } from "../../src/model/optimizer.ts";
import { uniform01 } from "../../src/model/random.ts";
import type { Plan, Tensor } from "../../src/plan/types.ts";
import { runTwin } from "../../src/reference/run.ts";
import type { Numbers } from "../../src/reference/types.ts";
import { expectClose, type Tolerance, type Words } from "./compare.ts";
import { encodeHalf, halfOf } from "./half.ts";

/** One call of a kernel with the values of its operands before it. */
export interface Case<N extends KernelName> {
  readonly kernel: N;
  readonly variant: VariantOf<N>;
  readonly dims: Dims<DimOf<N>>;
  /** Fields of the control block that matter here. */
  readonly control?: Partial<ControlValues>;
  /** Values by operand; each operand is bound to a tensor of its own name. */
  readonly values: Readonly<Record<string, Words>>;
  /** Operands that the GPU holds as f16, whose values are numbers that f16 has. */
  readonly halves?: readonly string[];
}

/** What a call left behind: the operands that it writes, and the control block. */
export interface Outcome {
  readonly control: ControlValues;
  readonly written: Readonly<Record<string, Words>>;
}

/** A control block that the GPU can hold exactly: every field is rounded to its type. */
export const controlOf = (fields: Partial<ControlValues> = {}): ControlValues => {
  const base = initialControl({ optimizer: sgd({ learningRate: 0.5 }), dataRows: 1, batch: 1, seed: 0 });
  return decodeControl(encodeControl({ ...base, ...fields }));
};

/** Seeded float32 values, uniform on [−scale, scale). */
export const random = (length: number, seed: number, scale = 1): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length }, (_, i) => (2 * uniform01(seed, 77, i) - 1) * scale);

/** Seeded whole numbers from 0 to below `count`. */
export const randomIntegers = (length: number, seed: number, count: number): Uint32Array<ArrayBuffer> =>
  Uint32Array.from({ length }, (_, i) => Math.floor(uniform01(seed, 78, i) * count));

/** What stands in a tensor where nothing may be written. */
export const UNTOUCHED = 12_345;

/** A tensor that a kernel is to write. */
export const blank = (length: number): Float32Array<ArrayBuffer> => new Float32Array(length).fill(UNTOUCHED);

/** The call of a case, each operand bound to the tensor of its name. */
export function callOf<N extends KernelName>({ kernel, variant, dims }: Case<N>): Call {
  const { operands } = kernels[kernel] as unknown as Kernel<VariantOf<N>, string, string>;
  const bind = Object.fromEntries(operands(variant).map(({ name }) => [name, name]));
  return { kernel, variant, dims, bind } as unknown as Call;
}

const writtenBy = (call: Call): string[] =>
  boundOperands(call).flatMap(({ operand, access }) =>
    access === "readWrite" && operand !== "control" ? [operand] : [],
  );

const copyOf = (values: Words): Words => values.slice();

/** Runs a call on the GPU, out of a plan of this one step. */
export async function runOnGpu<N extends KernelName>(device: Device, given: Case<N>): Promise<Outcome> {
  const { gpu, isHalf } = halfOf(device, given.halves ?? []);
  const call = callOf(given);
  const tensors = Object.fromEntries(
    Object.entries(given.values).map(([name, { length }]): [string, Tensor] => [
      name,
      {
        // Where f32 stands in for f16, a number takes the room of two.
        shape: [given.halves?.includes(name) && !isHalf(name) ? 2 * length : length],
        dtype: given.halves?.includes(name) ? "f16" : given.values[name] instanceof Uint32Array ? "u32" : "f32",
        role: "parameter",
        batched: false,
      },
    ]),
  );
  const control: Tensor = { shape: [CONTROL_WORDS], dtype: "u32", role: "control", batched: false };
  const plan: Plan = {
    mode: "predict",
    batch: 1,
    tensors: { control, ...tensors },
    aliases: {},
    steps: [{ phase: "begin", ...call }],
    closing: [],
    removed: {},
  };
  const program = await compileProgram(gpu, plan, "test");
  try {
    gpu.queue.writeBuffer(program.buffer("control"), 0, encodeControl(controlOf(given.control)));
    for (const [name, values] of Object.entries(given.values)) {
      gpu.queue.writeBuffer(program.buffer(name), 0, isHalf(name) ? encodeHalf(values) : values);
    }
    const encoder = gpu.createCommandEncoder();
    program.record(encoder, 1);
    gpu.queue.submit([encoder.finish()]);
    const names = writtenBy(call);
    const [words, ...outputs] = await readWords(
      gpu,
      ["control", ...names].map((name) => program.buffer(name)),
    );
    const written = names.map((name, index): [string, Words] => {
      const output = outputs[index] ?? new Uint32Array();
      if (isHalf(name)) return [name, decodeHalf(output, given.values[name]?.length ?? 0)];
      return [name, given.values[name] instanceof Uint32Array ? output : new Float32Array(output.buffer)];
    });
    return { control: decodeControl(words ?? new Uint32Array(CONTROL_WORDS)), written: Object.fromEntries(written) };
  } finally {
    program.dispose();
  }
}

/** The words of some buffers as they are after all that was submitted before. */
export async function readWords(gpu: GPUDevice, buffers: readonly GPUBuffer[]): Promise<Uint32Array<ArrayBuffer>[]> {
  const size = buffers.reduce((sum, buffer) => sum + buffer.size, 0);
  const staging = gpu.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const encoder = gpu.createCommandEncoder();
  let offset = 0;
  for (const buffer of buffers) {
    encoder.copyBufferToBuffer(buffer, 0, staging, offset, buffer.size);
    offset += buffer.size;
  }
  gpu.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const bytes = staging.getMappedRange().slice(0);
  staging.destroy();
  let first = 0;
  return buffers.map((buffer) => {
    const words = new Uint32Array(bytes.slice(first, first + buffer.size));
    first += buffer.size;
    return words;
  });
}

/** Runs a call's CPU twin, its tensors rounded to float32 as on the GPU, or kept in double precision. */
export function runOnCpu<N extends KernelName>(
  given: Case<N>,
  convert: (values: Words) => Numbers = copyOf,
): { readonly control: ControlValues; readonly written: Readonly<Record<string, Numbers>> } {
  const call = callOf(given);
  const control = controlOf(given.control);
  const values: Record<string, Numbers> = {};
  for (const [name, words] of Object.entries(given.values)) values[name] = convert(words);
  runTwin(call, {
    control,
    numbers: (name) => {
      const found = name === undefined ? undefined : values[name];
      if (found === undefined) throw new Error(`no values for operand ${name}`);
      return found;
    },
  });
  return { control, written: Object.fromEntries(writtenBy(call).map((name) => [name, values[name] as Numbers])) };
}

/** Floats in double precision; whole numbers as they are. */
export const inDouble = (values: Words): Numbers =>
  values instanceof Uint32Array ? values.slice() : Float64Array.from(values);

/**
 * What a call of sums and products gives in double precision out of the magnitudes of its operands, such as Σ|a||b| for a
 * matmul: the scale of its rounding errors.
 */
export const magnitudes = <N extends KernelName>(given: Case<N>): Readonly<Record<string, Numbers>> =>
  runOnCpu(given, (values) =>
    values instanceof Uint32Array ? values.slice() : Float64Array.from(values, (value) => Math.abs(value)),
  ).written;

/** Asserts that a call gives on the GPU what its twin gives, every element of every tensor that it writes. */
export async function expectTwin<N extends KernelName>(
  device: Device,
  given: Case<N>,
  tolerances: Readonly<Record<string, Tolerance>>,
): Promise<Outcome> {
  const [got, expected] = [await runOnGpu(device, given), runOnCpu(given)];
  const label = `${given.kernel} ${JSON.stringify(given.variant)} ${JSON.stringify(given.dims)}`;
  for (const [name, values] of Object.entries(expected.written)) {
    const tolerance = tolerances[name];
    if (tolerance === undefined) throw new Error(`${label}: no tolerance for ${name}`);
    expectClose(`${label} ${name}`, got.written[name] ?? [], values, tolerance);
  }
  return got;
}
