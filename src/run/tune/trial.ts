import type { Guard } from "../../device/guard.ts";
import type { Device } from "../../device/open.ts";
import { forgetPipeline } from "../../device/pipelines.ts";
import { compileProgram, type Program } from "../../device/program.ts";
import { DeviceError } from "../../errors.ts";
import { CONTROL_WORDS, type ControlValues, encodeControl, initialControl } from "../../kernels/control.ts";
import { boundOperands } from "../../kernels/index.ts";
import { type Access, BYTE_VALUES } from "../../kernels/types.ts";
import { sgd } from "../../model/optimizer.ts";
import { bits } from "../../model/random.ts";
import { type Choice, choiceOf, choiceText, type Tunable, withChoice } from "../../plan/tiles.ts";
import type { Plan, Tensor } from "../../plan/types.ts";
import { readBuffers } from "../readback.ts";

/** One product alone on the GPU, over pseudo-random operands of its real shapes. */
export interface Trial {
  /** The plan's own way. */
  readonly own: Entrant;
  /**
   * Compiles a way to run the product and compares all that it writes, bit for bit, with what the plan's own way writes, for
   * a full batch and for the partial one that ends an epoch.
   * @returns a reason where it may not be used
   */
  admit(choice: Choice): Promise<Entrant | string>;
  dispose(): void;
}

/** A way to run the product that gives the right bits. */
export interface Entrant {
  readonly choice: Choice;
  /** Runs the product so often in one submit, and waits for it. */
  run(times: number): Promise<void>;
  /** Frees it, but for the plan's own. @param forget whether its shader is not wanted any more */
  dispose(forget: boolean): void;
}

/** The most elements of resident data that a trial makes, of which a batch gathers its rows. */
const MOST_DATA = 2 ** 22;

/** Values that repeat: of a prime length, so that no row of a matrix begins as another does. */
const PERIOD = 65_537;

/** Numbers of a run that show every bit of a gradient: η = 1 and parameters about as large as gradients. */
const control: ControlValues = {
  ...initialControl({ optimizer: sgd({ learningRate: 1 }), dataRows: 1, batch: 1, seed: 0 }),
  step: 1,
  decay: 0.1,
  correction1: 0.5,
  correction2: 0.5,
  momentum: 0.9,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  rest1: 0.1,
  rest2: 0.001,
};

/** @param plan that the step is of; gives the rows of a batch and of the data */
export async function createTrial(device: Device, guard: Guard, plan: Plan, step: Tunable): Promise<Trial> {
  const { gpu } = device;
  const operands = operandsOf(plan, step);
  const own = await guard.wait(compileProgram(device, planOf(step, operands), "chainrule.tune"), (late) =>
    late.dispose(),
  );
  /** Not freed yet, of which a trial that throws leaves some. */
  const live = new Set([own]);
  const free = (program: Program) => {
    live.delete(program);
    program.dispose();
  };
  const buffers = Object.fromEntries(operands.map(({ name }) => [name, own.buffer(name)]));
  const written = operands.filter(({ access }) => access === "readWrite");
  const write = ({ name, values }: Operand) => gpu.queue.writeBuffer(own.buffer(name), 0, values);
  const reset = (rows: number) => {
    for (const operand of written) write(operand);
    gpu.queue.writeBuffer(own.buffer("control"), 0, encodeControl({ ...control, rows }));
  };
  const submit = (program: Program, times: number) => {
    const encoder = gpu.createCommandEncoder({ label: "chainrule.tune" });
    program.record(encoder, times);
    gpu.queue.submit([encoder.finish()]);
  };
  /** All that the product writes, one buffer at a time, since together they may be larger than a buffer can be. */
  const outputs = async (program: Program, rows: number): Promise<Uint32Array[]> => {
    reset(rows);
    submit(program, 1);
    const read: Uint32Array[] = [];
    for (const { name, values } of written) {
      const source = { buffer: own.buffer(name), bytes: values.byteLength };
      read.push((await readBuffers(gpu, guard, { source })).source);
    }
    return read;
  };
  const entrant = (program: Program, choice: Choice): Entrant => ({
    choice,
    run: async (times) => {
      submit(program, times);
      await guard.wait(gpu.queue.onSubmittedWorkDone());
    },
    dispose(forget) {
      if (program === own) return;
      free(program);
      if (forget) void forgetPipeline(gpu, withChoice(step, choice));
    },
  });

  const batches = batchesOf(plan);
  const expected: Uint32Array[][] = [];
  try {
    for (const operand of operands) write(operand);
    for (const rows of batches) expected.push(await outputs(own, rows));
    reset(plan.batch);
  } catch (error) {
    own.dispose();
    throw error;
  }

  const given = entrant(own, choiceOf(step));
  return {
    own: given,
    async admit(choice) {
      if (choiceText(choice) === choiceText(given.choice)) return given;
      const candidate = withChoice(step, choice);
      const compiling = compileProgram(device, planOf(candidate, operands), "chainrule.tune", buffers);
      const program = await guard
        .wait(compiling, (late) => late.dispose())
        .catch(async (error: unknown) => {
          guard.check();
          await forgetPipeline(gpu, candidate);
          if (error instanceof DeviceError) return error;
          throw error;
        });
      if (program instanceof DeviceError) return `refused by the device: ${program.got.split("\n")[0]}`;
      live.add(program);
      const admitted = entrant(program, choice);
      for (const [index, rows] of batches.entries()) {
        const got = await outputs(program, rows);
        if (got.every((words, at) => sameBits(words, expected[index]?.[at]))) continue;
        admitted.dispose(true);
        return "other bits";
      }
      reset(plan.batch);
      return admitted;
    },
    dispose: () => live.forEach(free),
  };
}

/** Rows of a full batch, and of the partial one where there is one. */
function batchesOf({ batch, tensors }: Plan): number[] {
  const partial = (tensors.X?.shape[0] ?? batch) % batch;
  return partial === 0 ? [batch] : [batch, partial];
}

function sameBits(got: Uint32Array, expected: Uint32Array | undefined): boolean {
  return got.length === expected?.length && got.every((word, index) => word === expected[index]);
}

interface Operand {
  readonly name: string;
  readonly access: Access;
  readonly tensor: Tensor;
  readonly values: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
}

/** The plan of one product, each operand a tensor of its own name. */
const planOf = (step: Tunable, operands: readonly Operand[]): Plan => ({
  mode: "predict",
  batch: 1,
  tensors: Object.fromEntries(operands.map(({ name, tensor }) => [name, tensor])),
  aliases: {},
  steps: [{ ...step, phase: "begin", bind: Object.fromEntries(operands.map(({ name }) => [name, name])) } as Tunable],
  closing: [],
  removed: {},
});

function operandsOf(plan: Plan, step: Tunable): Operand[] {
  const { kernel, variant, dims } = step;
  const gather = "gather" in variant && variant.gather;
  const columns = kernel === "layerUpdate" || kernel === "layerGradient" ? dims.columns : dims.inner;
  const dataRows = Math.min(
    plan.tensors.X?.shape[0] ?? plan.batch,
    Math.max(plan.batch, Math.floor(MOST_DATA / columns)),
  );
  // As large as a sum over the inner size of what is uniform on [−1, 1) is on average, or smaller.
  const scale = 1 / Math.sqrt(dims.inner);
  return boundOperands(step).map(({ operand: name, access, content, elements }, index): Operand => {
    const packed = content === "u8";
    const half = plan.tensors[(step.bind as Readonly<Record<string, string>>)[name] ?? ""]?.dtype === "f16";
    // Of what is picked by order a kernel asks for one row.
    const picked = (name === "x" && gather) || name === "y";
    const count = name === "control" ? CONTROL_WORDS : (picked ? dataRows : 1) * elements;
    const values = (): Operand["values"] => {
      if (name === "control") return encodeControl({ ...control, rows: plan.batch });
      if (name === "order") return integers(count, index, dataRows);
      if (name === "y" && kernel === "outputLoss" && variant.loss === "softmaxCrossEntropy") {
        return integers(count, index, variant.units);
      }
      if (packed) return bytes(count, index);
      if (half) return halves(count, index);
      // No mean of squares is negative.
      if (name === "state" || name === "biasState") return floats(count, index, 0, 1);
      const side = name === "w" || name === "b" ? scale : 1;
      return floats(count, index, -side, side);
    };
    const role = name === "control" ? "control" : "parameter";
    const made = values();
    const dtype = packed ? "u8" : half ? "f16" : made instanceof Uint32Array ? "u32" : "f32";
    return { name, access, values: made, tensor: { shape: [count], dtype, role, batched: false } };
  });
}

/** Whole numbers from 0 to below `below`. */
const integers = (count: number, stream: number, below: number) =>
  Uint32Array.from({ length: count }, (_, i) => bits(0, stream, i) % below);

/** Packed bytes behind the table of the values that they stand for, from −1 to 1. */
function bytes(count: number, stream: number): Uint32Array<ArrayBuffer> {
  const values = Float32Array.from({ length: BYTE_VALUES }, (_, byte) => byte / 128 - 1);
  const words = Array.from({ length: Math.ceil(count / 4) }, (_, i) => bits(0, stream, i));
  return Uint32Array.from([...new Uint32Array(values.buffer), ...words]);
}

/** Packed f16 of either sign from ½ to below 1: eleven bits of each are drawn, those of the exponent are not. */
const halves = (count: number, stream: number) =>
  Uint32Array.from({ length: Math.ceil(count / 2) }, (_, i) => (bits(0, stream, i) & 0x83ff_83ff) | 0x3800_3800);

/** Numbers uniform from `least` to below `most`, which repeat after so many that it is no longer seen. */
function floats(count: number, stream: number, least: number, most: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(count);
  const period = Math.min(count, PERIOD);
  for (let i = 0; i < period; i++) values[i] = least + (bits(0, stream, i) / 2 ** 32) * (most - least);
  for (let i = period; i < count; i += period) values.set(values.subarray(0, Math.min(period, count - i)), i);
  return values;
}
