import { DeviceError } from "../errors.ts";
import { type ControlValues, encodeControl, HALTED, RECORD_WORDS } from "../kernels/control.ts";
import { buildEvaluatePlan, buildPredictPlan } from "../plan/build.ts";
import { formatBytes } from "../plan/format-bytes.ts";
import { bufferBytes, sumBytes } from "../plan/memory.ts";
import { fuse } from "../plan/passes/fuse.ts";
import type { Plan } from "../plan/types.ts";
import { createReference, type Reference } from "../reference/run.ts";
import type { Numbers } from "../reference/types.ts";
import type { Backend, Inference, Words } from "../run/backend.ts";
import type { Inputs } from "../run/dataset.ts";
import { addRecords, emptyTotals } from "../run/metrics.ts";
import { type Network, parameterSpecs } from "../run/network.ts";
import { probeDisposed } from "../run/probe.ts";
import type { ReferenceProbe } from "../run/types.ts";
import { floatsOf } from "../run/unpack.ts";
import { judgement, prediction } from "../run/verdict.ts";

/** Longest time in ms before the thread's timers and messages have their turn. */
const SLICE = 10;

/** Rows that are judged together, at most. */
const MOST_ROWS = 1024;

/**
 * A plan that trains on the CPU, interpreted.
 * @param reference with its data and parameters set
 * @param ended the error of what is called after `dispose`
 */
export function createCpuBackend(reference: Reference, network: Network, ended: () => Error): Backend<ReferenceProbe> {
  const { plan, control } = reference;
  const { inputs: columns, outputs, loss, layers } = network;
  const names = parameterSpecs(layers).map(({ name }) => name);
  let disposed = false;
  const check = () => {
    if (disposed) throw ended();
  };

  let until = performance.now() + SLICE;
  const isTime = () => performance.now() >= until;
  /** Lets timers, messages and whoever aborts or disposes have their turn. */
  const pause = async () => {
    await new Promise((resolve) => setTimeout(resolve));
    until = performance.now() + SLICE;
    check();
  };

  const forward = (build: typeof buildPredictPlan, batch: number) => {
    const plan = fuse(build({ layers, loss, batch }));
    const pass = allocated(plan, { ...control, rows: batch, step: 1, halted: 0 });
    const run = () => {
      for (const name of names) pass.set(name, reference.tensor(name));
      pass.step();
    };
    return { plan, pass, run };
  };

  /** Runs a pass over the rows, part by part. */
  async function* parts(build: typeof buildPredictPlan, inputs: Inputs, rows: number, targets?: Numbers) {
    const capacity = Math.min(rows, MOST_ROWS);
    const { pass, run } = forward(build, capacity);
    const width = (targets?.length ?? 0) / rows;
    for (let first = 0; first < rows; first += capacity) {
      const end = Math.min(first + capacity, rows);
      Object.assign(pass.control, { rows: end - first, halted: 0 });
      pass.tensor("x").set(floatsOf(inputs, first * columns, end * columns));
      if (targets) pass.tensor("y").set(targets.subarray(first * width, end * width));
      run();
      yield { pass, first, count: end - first };
      if (isTime()) await pause();
    }
  }

  const inference: Inference<ReferenceProbe> = {
    async evaluate({ inputs, targets, rows }) {
      const totals = emptyTotals();
      for await (const { pass } of parts(buildEvaluatePlan, inputs, rows, targets)) {
        const halted = addRecords(totals, lineOf(pass, 1));
        if (halted) return judgement(halted, loss);
      }
      return judgement(totals, loss);
    },
    async predict({ inputs, rows }) {
      const result = new Float32Array(rows * outputs);
      for await (const { pass, first, count } of parts(buildPredictPlan, inputs, rows)) {
        result.set(pass.tensor("o").subarray(0, count * outputs), first * outputs);
      }
      return prediction(result, outputs, loss);
    },
    probe({ inputs, rows }) {
      const { plan, pass, run } = forward(buildPredictPlan, rows);
      pass.set("x", floatsOf(inputs, 0, rows * columns));
      let done = false;
      const checkBoth = () => {
        check();
        if (done) throw probeDisposed();
      };
      return {
        rows,
        plan,
        run() {
          checkBoth();
          run();
        },
        values(name) {
          checkBoth();
          return new Float32Array(pass.tensor(name));
        },
        dispose() {
          done = true;
        },
      };
    },
  };

  return {
    plan,
    get step() {
      return control.step;
    },
    set step(step) {
      control.step = step;
    },
    async *take(steps, signal) {
      let left = steps;
      while (left > 0 && !signal?.aborted) {
        const lines: Words[] = [];
        do {
          reference.step();
          reference.close();
          lines.push(lineOf(reference, control.step));
          left--;
        } while (left > 0 && !isTime() && (control.halted & HALTED) === 0);
        yield joined(lines);
        if (isTime()) await pause();
      }
    },
    async read(names) {
      if (isTime()) await pause();
      return { words: Object.fromEntries(names.map((name) => [name, wordsOf(reference, name)])), control };
    },
    write(tensors, fields = {}) {
      check();
      Object.assign(control, fields);
      for (const [name, values] of Object.entries(tensors)) {
        const numbers = reference.tensor(name);
        numbers.set(values instanceof Uint8Array ? floatsOf(values, 0, numbers.length) : values);
      }
    },
    inference: () => inference,
    check,
    dispose() {
      disposed = true;
    },
  };
}

/** A plan ready to be interpreted. @throws DeviceError where there is no memory for its tensors */
export function allocated(plan: Plan, control: ControlValues): Reference {
  try {
    return createReference(plan, control);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new DeviceError(
      {
        where: `${plan.mode} plan on the CPU`,
        got: formatBytes(sumBytes(bufferBytes(plan))),
        expected: "tensors for which there is memory",
        remedy: "take smaller layers or batches, or fewer rows",
      },
      { cause },
    );
  }
}

/** Where a line of the ring holds floats; else it holds words. */
const floatFields: ReadonlySet<number> = new Set([0, 1, 6]);

/** A ring's numbers as the bits that the GPU's holds. */
function ringWords(numbers: Numbers): Words {
  const words = new Uint32Array(numbers.length);
  const floats = new Float32Array(words.buffer);
  numbers.forEach((value, index) => {
    (floatFields.has(index % RECORD_WORDS) ? floats : words)[index] = value;
  });
  return words;
}

/** The line of a step, counted from 1. */
function lineOf(reference: Reference, step: number): Words {
  const ring = reference.tensor("ring");
  const at = ((step - 1) * RECORD_WORDS) % ring.length;
  return ringWords(ring.subarray(at, at + RECORD_WORDS));
}

function joined(lines: readonly Words[]): Words {
  const words = new Uint32Array(lines.length * RECORD_WORDS);
  lines.forEach((line, index) => {
    words.set(line, index * RECORD_WORDS);
  });
  return words;
}

/** A tensor's words as the GPU holds them. */
function wordsOf(reference: Reference, name: string): Words {
  if (name === "control") return encodeControl(reference.control);
  const numbers = reference.tensor(name);
  if (name === "ring") return ringWords(numbers);
  return numbers instanceof Uint32Array ? numbers.slice() : new Uint32Array(new Float32Array(numbers).buffer);
}
