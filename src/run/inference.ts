import type { Guard } from "../device/guard.ts";
import { hardwareOf } from "../device/hardware.ts";
import type { Device } from "../device/open.ts";
import { compileProgram, type Program } from "../device/program.ts";
import { NumericError } from "../errors.ts";
import { CONTROL_WORDS, controlNames } from "../kernels/control.ts";
import type { Loss } from "../model/loss.ts";
import { buildEvaluatePlan, buildPredictPlan } from "../plan/build.ts";
import { addBytes, type Bytes } from "../plan/memory.ts";
import { fuse } from "../plan/passes/fuse.ts";
import { reuse } from "../plan/passes/reuse.ts";
import { checkDataset, type Rows } from "./dataset.ts";
import { addRecord, decodeRecord, emptyTotals, RING_BYTES, type Totals } from "./metrics.ts";
import type { Network } from "./network.ts";
import { createProbe } from "./probe.ts";
import { mapWords, readBuffers } from "./readback.ts";
import { checkColumns, checkRows } from "./rows.ts";
import { createTurns } from "./turns.ts";
import type { ByteScale, Dataset, Evaluation, Prediction, Probe } from "./types.ts";
import { floatsOf } from "./unpack.ts";

/** Judges and predicts rows with parameters that live on the GPU. */
export interface Inference {
  evaluate(data: Dataset): Promise<Evaluation>;
  predict(inputs: ArrayLike<number>, byteScale?: ByteScale): Promise<Prediction>;
  /** Bytes of the buffers made so far. */
  memory(): Bytes;
  probe(inputs: ArrayLike<number>, byteScale?: ByteScale): Promise<Probe>;
  dispose(): void;
}

/** Rows that go through the network together, at most. */
const MOST_ROWS = 1024;

/** Chunks whose sums wait in the ring before they are read. */
const CHUNKS_PER_READ = 16;

/** A plan compiled for so many rows at a time. */
interface Sized {
  readonly capacity: number;
  readonly program: Program;
  /** Takes the outputs of a chunk to the CPU. */
  readonly staging: GPUBuffer | undefined;
}

/** @param parameters GPU buffers by name: `W1`, `b1`, … */
export function createInference(
  device: Device,
  guard: Guard,
  network: Network,
  parameters: Readonly<Record<string, GPUBuffer>>,
): Inference {
  const { gpu } = device;
  const { inputs, outputs, loss, layers } = network;
  const programs: Partial<Record<"evaluate" | "predict", Sized>> = {};
  const probes = new Map<Probe, Bytes>();
  // One call at a time: calls share buffers.
  const exclusive = createTurns();
  let disposed = false;

  const keep = (program: Program): Program => {
    if (disposed) program.dispose();
    return program;
  };

  const sized = async (mode: "evaluate" | "predict", rows: number): Promise<Sized> => {
    const found = programs[mode];
    const capacity = Math.min(rows, MOST_ROWS);
    if (found && found.capacity >= capacity) return found;
    const build = mode === "evaluate" ? buildEvaluatePlan : buildPredictPlan;
    const compiling = compileProgram(
      gpu,
      reuse(fuse(build({ layers, loss, batch: capacity, hardware: hardwareOf(device) }))),
      `chainrule.${mode}`,
      parameters,
    );
    // What is ready only after the owner was disposed must be freed too.
    const program = await guard.wait(compiling.then(keep));
    found?.program.dispose();
    found?.staging?.destroy();
    const staging =
      mode === "predict"
        ? gpu.createBuffer({
            label: "chainrule.predict.staging",
            size: 4 * capacity * outputs,
            usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
          })
        : undefined;
    const made = { capacity, program, staging };
    programs[mode] = made;
    return made;
  };

  /** Writes a chunk's rows and its place in the ring, and records the pass. */
  const encode = ({ program }: Sized, x: Float32Array<ArrayBuffer>, rows: number, slot: number) => {
    const control = new Uint32Array(CONTROL_WORDS);
    control[controlNames.indexOf("rows")] = rows;
    control[controlNames.indexOf("step")] = slot + 1;
    gpu.queue.writeBuffer(program.buffer("control"), 0, control);
    gpu.queue.writeBuffer(program.buffer("x"), 0, x);
    const encoder = gpu.createCommandEncoder({ label: program.plan.mode });
    program.record(encoder, 1);
    return encoder;
  };

  const evaluate = async (data: Dataset): Promise<Evaluation> => {
    guard.check();
    const given = checkDataset("evaluate", data, loss, outputs);
    checkColumns("evaluate", given.columns, inputs);
    const sizes = await sized("evaluate", given.rows);
    const totals = emptyTotals();
    const chunks = Math.ceil(given.rows / sizes.capacity);
    for (let chunk = 0; chunk < chunks; chunk++) {
      const slot = chunk % CHUNKS_PER_READ;
      const { x, y, rows } = slice(given, chunk * sizes.capacity, sizes.capacity);
      gpu.queue.writeBuffer(sizes.program.buffer("y"), 0, y);
      gpu.queue.submit([encode(sizes, x, rows, slot).finish()]);
      if (slot < CHUNKS_PER_READ - 1 && chunk < chunks - 1) continue;
      const [ring] = await readBuffers(gpu, guard, [{ buffer: sizes.program.buffer("ring"), bytes: RING_BYTES }]);
      for (let step = 1; step <= slot + 1; step++) if (ring) addRecord(totals, decodeRecord(ring, step));
    }
    return judgement(totals, loss);
  };

  const predict = async (given: ArrayLike<number>, byteScale: ByteScale): Promise<Prediction> => {
    guard.check();
    const { rows, values } = checkRows("predict", given, inputs, byteScale);
    const sizes = await sized("predict", rows);
    const result = new Float32Array(rows * outputs);
    for (let first = 0; first < rows; first += sizes.capacity) {
      const count = Math.min(sizes.capacity, rows - first);
      const encoder = encode(sizes, floatsOf(values, first * inputs, (first + count) * inputs), count, 0);
      const bytes = 4 * count * outputs;
      const staging = sizes.staging as GPUBuffer;
      encoder.copyBufferToBuffer(sizes.program.buffer("o"), 0, staging, 0, bytes);
      gpu.queue.submit([encoder.finish()]);
      const words = await mapWords(guard, staging, bytes);
      result.set(new Float32Array(words.buffer), first * outputs);
    }
    return prediction(result, outputs, loss);
  };

  const probe = async (given: ArrayLike<number>, byteScale: ByteScale = {}): Promise<Probe> => {
    const { memory, ...made } = await createProbe(device, guard, network, parameters, given, byteScale, keep);
    const dispose = () => {
      probes.delete(made);
      made.dispose();
    };
    if (disposed) {
      dispose();
      guard.check();
    }
    probes.set(made, memory);
    return { ...made, dispose };
  };

  return {
    probe,
    evaluate: (data) => exclusive(() => evaluate(data)),
    predict: (given, byteScale = {}) => exclusive(() => predict(given, byteScale)),
    memory: () =>
      addBytes([
        ...probes.values(),
        ...Object.values(programs).flatMap(({ program, staging }) => [
          program.memory,
          staging ? { staging: staging.size } : {},
        ]),
      ]),
    dispose() {
      disposed = true;
      for (const made of probes.keys()) made.dispose();
      for (const { program, staging } of Object.values(programs)) {
        program.dispose();
        staging?.destroy();
      }
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

/** Means over the rows. @throws NumericError where the loss is no finite number */
export function judgement({ rows, loss: sum, hits }: Pick<Totals, "rows" | "loss" | "hits">, loss: Loss): Evaluation {
  if (!Number.isFinite(sum)) throw overflow("evaluate", `L = ${sum}`, "L");
  return { rows, loss: sum / rows, accuracy: loss === "softmaxCrossEntropy" ? hits / rows : undefined };
}

/** What outputs `[rows, outputs]` say. @throws NumericError where one is no finite number */
export function prediction(o: Float32Array<ArrayBuffer>, outputs: number, loss: Loss): Prediction {
  const rows = o.length / outputs;
  const at = o.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw overflow("predict", `${o[at]} for row ${Math.floor(at / outputs) + 1}`, "o");
  if (loss !== "softmaxCrossEntropy") return { rows, outputs: o, probabilities: undefined, classes: undefined };
  return { rows, outputs: o, ...classify(o, outputs) };
}

const overflow = (where: string, got: string, tensor: string) =>
  new NumericError({
    where: `${where}: ${tensor}`,
    got,
    expected: "a finite number",
    remedy: "scale the rows as those trained on, or train anew with a lower learning rate",
    step: 0,
    tensor,
  });

/** softmax(o) and the first largest output of each row. */
function classify(o: Float32Array<ArrayBuffer>, outputs: number) {
  const rows = o.length / outputs;
  const probabilities = new Float32Array(o.length);
  const classes = new Uint32Array(rows);
  for (let i = 0; i < rows; i++) {
    const row = o.subarray(i * outputs, (i + 1) * outputs);
    const largest = row.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    const exponentials = Array.from(row, (value) => Math.exp(value - largest));
    const total = exponentials.reduce((sum, value) => sum + value, 0);
    probabilities.set(
      exponentials.map((value) => value / total),
      i * outputs,
    );
    classes[i] = row.indexOf(largest);
  }
  return { probabilities, classes };
}
