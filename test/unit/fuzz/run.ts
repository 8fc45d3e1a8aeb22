import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parentPort, Worker, workerData } from "node:worker_threads";
import * as fc from "fast-check";
import { type Format, type Input, judge, meter, type Reach, show } from "./format.ts";
import { formats } from "./formats.ts";

/** What `npm run fuzz` has a thread do: draw inputs of one format. */
export interface Order {
  readonly format: string;
  readonly runs: number;
  readonly seed: number;
  readonly path: string | undefined;
  readonly reach: Reach;
  /** Runs begun, the milliseconds at which this one did, and the length of its input. */
  readonly clock: Float64Array;
  /** The input that is being read, as far as it has room. */
  readonly current: Uint8Array;
}

/** What a thread says in the end. */
export interface Outcome {
  readonly accepted: number;
  readonly refused: number;
  /** Of the input that failed, shrunk: how to come back to it, what it is and what it did. */
  readonly failure: { readonly path: string; readonly input: string; readonly error: string } | undefined;
  /** Most bytes for one byte of a long input, those that wait to be collected too. */
  readonly ratio: number;
  /** Long inputs that took more so, and did with what they may take in a thread that has no more. */
  readonly weighed: number;
  /** Bytes that it may take for each of its own. */
  readonly allowed: number;
  /** Most bytes for a short input beside what is allowed for each of its own. */
  readonly most: number;
}

/** What a small thread is to read; nothing where it is to say how much it has in use before. */
interface Weighing {
  readonly format: string;
  readonly weigh: Input | undefined;
}

/** Bytes that an input may take for each of its own where its format does not say; those that a short one may take beside them. */
const RATIO = 20;
const BESIDE = 16 * 2 ** 20;
/** From here on an input's own bytes are what counts. */
const LONG = 128 * 2 ** 10;

const MB = 2 ** 20;
/** Of a small thread, for what V8 needs beside what is in use. */
const SLACK_MB = 6;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes in use, what is not yet collected too. */
const heapInUse = (): number => getHeapStatistics().used_heap_size;
const besideHeap = (): number => getHeapStatistics().external_memory;

const makeFormat = (name: string): Format | Promise<Format> => {
  const make = formats[name];
  if (make === undefined) throw new Error(`no format ${name}`);
  return make();
};

async function run({ format: name, runs, seed, path, reach, clock, current }: Order): Promise<Outcome> {
  const format = await makeFormat(name);
  const { ratio = RATIO } = format;
  const counts = { accepted: 0, refused: 0 };
  const found = { ratio: 0, weighed: 0, most: 0 };
  meter.inUse = () => heapInUse() + besideHeap();
  const measured = async (input: Input) => {
    meter.aside = 0;
    const [before, beside] = [meter.inUse(), besideHeap()];
    const verdict = await judge(format, input);
    return { verdict, taken: meter.inUse() - before - meter.aside, buffers: besideHeap() - beside };
  };
  const small = smallThreads(name);
  const property = fc.asyncProperty(format.arbitrary(reach), async (input) => {
    const { length } = input.bytes;
    current.set(input.bytes.subarray(0, current.length));
    clock[2] = length;
    clock[1] = Date.now();
    clock[0] = (clock[0] ?? 0) + 1;
    let { verdict, taken, buffers } = await measured(input);
    counts[verdict] += 1;
    if (length >= LONG) {
      found.ratio = Math.max(found.ratio, taken / length);
      if (taken <= ratio * length) return;
      clock[1] = Date.now();
      await small.read(input, ratio * length - Math.max(0, buffers));
      found.weighed += 1;
      return;
    }
    // What counts is not what waits to be collected: another look, from a heap without any.
    for (let look = 0; look < 3 && taken > ratio * length + BESIDE; look++) {
      collect();
      taken = Math.min(taken, (await measured(input)).taken);
    }
    found.most = Math.max(found.most, taken - ratio * length);
    if (taken > ratio * length + BESIDE) throw new Error(`${taken} bytes for an input of ${length}`);
  });
  const details = await fc.check(property, { numRuns: runs, seed, ...(path === undefined ? {} : { path }) });
  format.close?.();
  const [input] = details.counterexample ?? [];
  const { counterexamplePath, errorInstance } = details;
  const error = errorInstance instanceof Error ? describe(errorInstance) : String(errorInstance);
  const failure = details.failed
    ? { path: counterexamplePath ?? "", input: input ? show(input) : "", error }
    : undefined;
  return { ...counts, ...found, allowed: ratio, failure };
}

/** Threads that have no more memory than an input may take, beside what they need to be there. */
function smallThreads(format: string) {
  const ask = (weigh: Input | undefined, limit: number | undefined) =>
    new Promise<number>((resolve, reject) => {
      const order: Weighing = { format, weigh };
      const resourceLimits =
        limit === undefined ? {} : { maxOldGenerationSizeMb: limit / MB + SLACK_MB, maxYoungGenerationSizeMb: 2 };
      const worker = new Worker(new URL(import.meta.url), { workerData: order, resourceLimits });
      worker.once("message", resolve);
      worker.once("error", reject);
      worker.once("exit", () => reject(new Error("a small thread ended without a word")));
    });
  let empty: Promise<number> | undefined;
  return {
    async read(input: Input, allowed: number): Promise<void> {
      empty ??= ask(undefined, undefined);
      const before = await empty;
      await ask(input, before + Math.max(0, allowed)).catch((cause) => {
        throw new Error(`more than ${Math.round(allowed)} bytes for an input of ${input.bytes.length}`, { cause });
      });
    },
  };
}

/** In a small thread: reads, and judges nothing. @returns bytes in use before */
async function weigh({ format: name, weigh: input }: Weighing): Promise<number> {
  meter.only = true;
  const format = await makeFormat(name);
  collect();
  const before = heapInUse();
  if (input) await judge(format, input);
  format.close?.();
  return before;
}

function describe(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${describe(error.cause)}` : "";
  return `${error.stack ?? error.message}${cause}`;
}

const given = workerData as Order | Weighing;
parentPort?.postMessage(await ("weigh" in given ? weigh(given) : run(given)));
