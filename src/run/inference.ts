import { makeBuffers } from "../device/buffers.ts";
import type { Guard } from "../device/guard.ts";
import { hardwareOf } from "../device/hardware.ts";
import type { Device } from "../device/open.ts";
import { compileProgram, type Program } from "../device/program.ts";
import { encodeControl, RECORD_WORDS } from "../kernels/control.ts";
import { buildEvaluatePlan, buildPredictPlan } from "../plan/build.ts";
import { addBytes, type Bytes } from "../plan/memory.ts";
import { fuse } from "../plan/passes/fuse.ts";
import { reuse } from "../plan/passes/reuse.ts";
import type { Plan } from "../plan/types.ts";
import type { Inference } from "./backend.ts";
import type { Rows } from "./dataset.ts";
import { mapWords } from "./map.ts";
import { addRecords, emptyTotals } from "./metrics.ts";
import { type Network, parameterSpecs } from "./network.ts";
import { createProbe } from "./probe.ts";
import type { Probe } from "./types.ts";
import { floatsOf } from "./unpack.ts";
import { judgement, prediction } from "./verdict.ts";

/** Judges and predicts rows with parameters that live on the GPU; one call at a time, since calls share buffers. */
export interface GpuInference extends Inference<Probe> {
  /** Bytes of the buffers made so far. */
  memory(): Bytes;
  dispose(): void;
}

/** Rows that go through the network together, at most. */
const MOST_ROWS = 1024;

/** Chunks whose sums wait in the ring before they are read. */
const CHUNKS_PER_READ = 16;

/** What is freed with its owner. */
export interface Held {
  readonly memory: Bytes;
  dispose(): void;
}

/** A plan compiled for so many rows at a time. */
interface Sized extends Held {
  readonly capacity: number;
  readonly program: Program;
  /** Takes the outputs of a chunk, or the sums of several, to the CPU. */
  readonly staging: GPUBuffer;
}

/** @param parameter the GPU buffer of a parameter `W1`, `b1`, … */
export function createInference(
  device: Device,
  guard: Guard,
  network: Network,
  parameter: (name: string) => GPUBuffer,
): GpuInference {
  const { gpu } = device;
  const { inputs, outputs, loss, layers } = network;
  const parameters = Object.fromEntries(parameterSpecs(layers).map(({ name }) => [name, parameter(name)]));
  const hardware = hardwareOf(device);
  const programs: Partial<Record<"evaluate" | "predict", Sized>> = {};
  const live = new Set<Held>();
  let disposed = false;

  /** Waits for what is made to run a plan; what is ready only after the owner was disposed is freed too. */
  const hold = <T extends Held>(making: Promise<T>): Promise<T> =>
    guard.wait(
      making.then((made) => {
        if (disposed) made.dispose();
        else live.add(made);
        return made;
      }),
    );
  const free = (held: Held) => {
    live.delete(held);
    held.dispose();
  };

  const makeSized = async (plan: Plan, capacity: number, size: number): Promise<Sized> => {
    const label = `chainrule.${plan.mode}`;
    const program = await compileProgram(device, plan, label, parameters);
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    const { staging } = await makeBuffers(gpu, label, { staging: { size, usage } }).catch((cause) => {
      program.dispose();
      throw cause;
    });
    const memory = addBytes([program.memory, { staging: size }]);
    const dispose = () => {
      program.dispose();
      staging.destroy();
    };
    return { capacity, program, staging, memory, dispose };
  };

  const sized = async (mode: "evaluate" | "predict", rows: number): Promise<Sized> => {
    const found = programs[mode];
    const capacity = Math.min(rows, MOST_ROWS);
    if (found && found.capacity >= capacity) return found;
    const build = mode === "evaluate" ? buildEvaluatePlan : buildPredictPlan;
    const plan = reuse(fuse(build({ layers, loss, batch: capacity, hardware })));
    const words = mode === "evaluate" ? CHUNKS_PER_READ * RECORD_WORDS : capacity * outputs;
    const made = await hold(makeSized(plan, capacity, 4 * words));
    if (found) free(found);
    programs[mode] = made;
    return made;
  };

  /** Writes a chunk's rows and its place in the ring, and records the pass. */
  const encode = ({ program }: Sized, x: Float32Array<ArrayBuffer>, rows: number, slot: number) => {
    // A turn of promises lies between what was waited for and here.
    guard.check();
    gpu.queue.writeBuffer(program.buffer("control"), 0, encodeControl({ rows, step: slot + 1 }));
    gpu.queue.writeBuffer(program.buffer("x"), 0, x);
    const encoder = gpu.createCommandEncoder({ label: program.plan.mode });
    program.record(encoder, 1);
    return encoder;
  };

  return {
    async evaluate(data) {
      const { program, staging, ...sizes } = await sized("evaluate", data.rows);
      const totals = emptyTotals();
      const chunks = Math.ceil(data.rows / sizes.capacity);
      for (let chunk = 0; chunk < chunks; chunk++) {
        const slot = chunk % CHUNKS_PER_READ;
        const { x, y, rows } = slice(data, chunk * sizes.capacity, sizes.capacity);
        const encoder = encode({ program, staging, ...sizes }, x, rows, slot);
        gpu.queue.writeBuffer(program.buffer("y"), 0, y);
        const isLast = slot === CHUNKS_PER_READ - 1 || chunk === chunks - 1;
        const bytes = 4 * RECORD_WORDS * (slot + 1);
        if (isLast) encoder.copyBufferToBuffer(program.buffer("ring"), 0, staging, 0, bytes);
        gpu.queue.submit([encoder.finish()]);
        if (!isLast) continue;
        const halted = addRecords(totals, await mapWords(guard, staging, bytes));
        if (halted) return judgement(halted, loss);
      }
      return judgement(totals, loss);
    },
    async predict({ inputs: values, rows }) {
      const sizes = await sized("predict", rows);
      const result = new Float32Array(rows * outputs);
      for (let first = 0; first < rows; first += sizes.capacity) {
        const count = Math.min(sizes.capacity, rows - first);
        const encoder = encode(sizes, floatsOf(values, first * inputs, (first + count) * inputs), count, 0);
        const bytes = 4 * count * outputs;
        encoder.copyBufferToBuffer(sizes.program.buffer("o"), 0, sizes.staging, 0, bytes);
        gpu.queue.submit([encoder.finish()]);
        const words = await mapWords(guard, sizes.staging, bytes);
        result.set(new Float32Array(words.buffer), first * outputs);
      }
      return prediction(result, outputs, loss);
    },
    async probe({ inputs: values, rows }) {
      const plan = fuse(buildPredictPlan({ layers, loss, batch: rows, hardware }));
      const program = await hold(compileProgram(device, plan, "chainrule.probe", parameters));
      guard.check();
      return createProbe(gpu, guard, program, floatsOf(values, 0, rows * inputs), rows, () => free(program));
    },
    memory: () => addBytes([...live].map(({ memory }) => memory)),
    dispose() {
      disposed = true;
      for (const held of live) held.dispose();
    },
  };
}

function slice({ inputs, targets, columns, rows }: Rows, first: number, count: number) {
  const end = Math.min(first + count, rows);
  const width = targets.length / rows;
  return {
    x: floatsOf(inputs, first * columns, end * columns),
    y: targets.subarray(first * width, end * width),
    rows: end - first,
  };
}
