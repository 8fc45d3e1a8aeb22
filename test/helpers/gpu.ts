import type { Device } from "../../src/device/open.ts";
import { compileProgram } from "../../src/device/program.ts";
import { CONTROL_WORDS, type ControlValues, encodeControl, initialControl } from "../../src/kernels/control.ts";
import { decodeControl } from "../../src/kernels/control-after.ts";
import {
  boundOperands,
  type Call,
  type DimOf,
  type KernelName,
  kernels,
  type VariantOf,
} from "../../src/kernels/index.ts";
import { BYTE_VALUES, type Dims, type Kernel } from "../../src/kernels/types.ts";
import { decodeHalf } from "../../src/model/float16.ts";
import { sgd } from "../../src/model/optimizer.ts";
import { uniform01 } from "../../src/model/random.ts";
import type { Plan, Step, Tensor } from "../../src/plan/types.ts";
import { runTwin } from "../../src/reference/run.ts";
import type { Numbers } from "../../src/reference/types.ts";
import { bitsOf, expectClose, type Tolerance, type Words } from "./compare.ts";
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
  /** Operands that the GPU holds as packed bytes, whose values are some of `byteValues`. */
  readonly bytes?: readonly string[];
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

/** What each byte stands for where an operand is packed. */
const byteValues = Float32Array.from({ length: BYTE_VALUES }, (_, byte) => byte / 255 - 0.3);

/** Seeded values of packed bytes. */
export const randomBytes = (length: number, seed: number): Float32Array<ArrayBuffer> =>
  Float32Array.from(randomIntegers(length, seed, BYTE_VALUES), (byte) => byteValues[byte] ?? Number.NaN);

/** The table of what bytes stand for, and values as bytes, four in each word, the first in its lowest bits. */
function encodeBytes(values: Words): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(BYTE_VALUES + Math.ceil(values.length / 4));
  words.set(bitsOf(byteValues));
  values.forEach((value, i) => {
    const at = BYTE_VALUES + Math.floor(i / 4);
    words[at] = (words[at] ?? 0) | (byteValues.indexOf(value) << (8 * (i % 4)));
  });
  return words;
}

/** What stands in a tensor where nothing may be written. */
export const UNTOUCHED = 12_345;

/** A tensor that a kernel is to write. */
export const blank = (length: number): Float32Array<ArrayBuffer> => new Float32Array(length).fill(UNTOUCHED);

/** The call of a case, each operand bound to the tensor of its name, or of what `tensor` calls it. */
export function callOf<N extends KernelName>(
  { kernel, variant, dims }: Case<N>,
  tensor = (name: string) => name,
): Call {
  const { operands } = kernels[kernel] as unknown as Kernel<VariantOf<N>, string, string>;
  const bind = Object.fromEntries(operands(variant).map(({ name }) => [name, tensor(name)]));
  return { kernel, variant, dims, bind } as unknown as Call;
}

const writtenBy = (call: Call): string[] =>
  boundOperands(call).flatMap(({ operand, access }) =>
    access === "readWrite" && operand !== "control" ? [operand] : [],
  );

const copyOf = (values: Words): Words => values.slice();

/** Runs one call on the GPU. */
export async function runOnGpu<N extends KernelName>(device: Device, given: Case<N>): Promise<Outcome> {
  const [outcome] = await runAllOnGpu(device, [given]);
  if (outcome === undefined) throw new Error("no outcome");
  return outcome;
}

/** How the GPU holds an operand of a case: its type, and its words. */
function heldBy<N extends KernelName>(device: Device, { halves = [], bytes = [] }: Case<N>) {
  const { isHalf } = halfOf(device, halves);
  const dtype = (name: string, values: Words): Tensor["dtype"] => {
    if (bytes.includes(name)) return "u8";
    if (halves.includes(name)) return "f16";
    return values instanceof Uint32Array ? "u32" : "f32";
  };
  const words = (name: string, values: Words): Words => {
    if (bytes.includes(name)) return encodeBytes(values);
    return isHalf(name) ? encodeHalf(values) : values;
  };
  return { isHalf, dtype, words };
}

/**
 * Runs calls on the GPU, each on tensors of its own, out of one plan: with a pipeline for each source, a submit and a map for all of
 * them.
 */
export async function runAllOnGpu<N extends KernelName>(device: Device, cases: readonly Case<N>[]): Promise<Outcome[]> {
  if (cases.length === 0) return [];
  const { gpu } = halfOf(
    device,
    cases.flatMap(({ halves = [] }) => halves),
  );
  const tensors: Record<string, Tensor> = {};
  const calls = cases.map((given, index) => {
    const own = (name: string) => `${index}.${name}`;
    const held = heldBy(device, given);
    tensors[own("control")] = { shape: [CONTROL_WORDS], dtype: "u32", role: "control", batched: false };
    for (const [name, values] of Object.entries(given.values)) {
      const dtype = held.dtype(name, values);
      // Where f32 stands in for f16, a number takes the room of two.
      const length = dtype === "f16" && !held.isHalf(name) ? 2 * values.length : values.length;
      tensors[own(name)] = { shape: [length], dtype, role: "parameter", batched: false };
    }
    return { given, own, held, call: callOf(given, own) };
  });
  const steps = calls.map(({ call }): Step => ({ phase: "begin", ...call }));
  const plan: Plan = { mode: "predict", batch: 1, tensors, aliases: {}, steps, closing: [], removed: {} };
  const program = await compileProgram({ gpu }, plan, "test");
  try {
    for (const { given, own, held } of calls) {
      gpu.queue.writeBuffer(program.buffer(own("control")), 0, encodeControl(controlOf(given.control)));
      for (const [name, values] of Object.entries(given.values)) {
        gpu.queue.writeBuffer(program.buffer(own(name)), 0, held.words(name, values));
      }
    }
    const encoder = gpu.createCommandEncoder();
    program.record(encoder, 1);
    gpu.queue.submit([encoder.finish()]);
    const outputs = calls.flatMap(({ own, call }) => ["control", ...writtenBy(call)].map(own));
    const words = (
      await readWords(
        gpu,
        outputs.map((name) => program.buffer(name)),
      )
    ).values();
    const next = () => words.next().value ?? new Uint32Array(CONTROL_WORDS);
    return calls.map(({ given, held, call }) => {
      const control = decodeControl(next());
      const written = writtenBy(call).map((name): [string, Words] => {
        const output = next();
        if (held.isHalf(name)) return [name, decodeHalf(output, given.values[name]?.length ?? 0)];
        return [name, given.values[name] instanceof Uint32Array ? output : new Float32Array(output.buffer)];
      });
      return { control, written: Object.fromEntries(written) };
    });
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
  tolerances: Tolerances,
): Promise<Outcome> {
  const [outcome] = await expectTwins(device, [given], () => tolerances);
  if (outcome === undefined) throw new Error("no outcome");
  return outcome;
}

/** How wrong each tensor that a call writes may be. */
export type Tolerances = Readonly<Record<string, Tolerance>>;

/** Asserts that each of some calls, which run together, gives on the GPU what its twin gives. */
export async function expectTwins<N extends KernelName>(
  device: Device,
  cases: readonly Case<N>[],
  tolerancesOf: (given: Case<N>) => Tolerances,
): Promise<Outcome[]> {
  const outcomes = await runAllOnGpu(device, cases);
  cases.forEach((given, index) => {
    const label = `${given.kernel} ${JSON.stringify(given.variant)} ${JSON.stringify(given.dims)}`;
    const tolerances = tolerancesOf(given);
    for (const [name, values] of Object.entries(runOnCpu(given).written)) {
      const tolerance = tolerances[name];
      if (tolerance === undefined) throw new Error(`${label}: no tolerance for ${name}`);
      expectClose(`${label} ${name}`, outcomes[index]?.written[name] ?? [], values, tolerance);
    }
  });
  return outcomes;
}
