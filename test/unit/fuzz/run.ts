import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parentPort, workerData } from "node:worker_threads";
import * as fc from "fast-check";
import { type Input, judge, meter, type Reach, show } from "./format.ts";
import { formats } from "./formats.ts";

/** What `npm run fuzz` has a thread do: draw inputs of one format, or read a single one in what memory the thread has. */
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
  /** Bytes that were taken for one byte of an input, of those of 64 KiB and more, and by the shorter ones beside their own. */
  readonly ratio: number;
  readonly most: number;
}

/** Bytes that an input may take for each of its own, and beside them. */
const RATIO = 20;
const BESIDE = 16 * 2 ** 20;
const LONG = 64 * 2 ** 10;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes in use, on the heap and beside it. What is not yet collected counts too. */
const inUse = (): number => {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
};

async function run({ format: name, runs, seed, path, reach, clock, current }: Order): Promise<Outcome> {
  const make = formats[name];
  if (make === undefined) throw new Error(`no format ${name}`);
  const format = await make();
  const counts = { accepted: 0, refused: 0 };
  const found = { ratio: 0, most: 0 };
  meter.inUse = inUse;
  const measured = async (input: Input) => {
    meter.aside = 0;
    const before = inUse();
    const verdict = await judge(format, input);
    return { verdict, taken: inUse() - before - meter.aside };
  };
  const property = fc.asyncProperty(format.arbitrary(reach), async (input) => {
    const { length } = input.bytes;
    current.set(input.bytes.subarray(0, current.length));
    clock[2] = length;
    clock[1] = Date.now();
    clock[0] = (clock[0] ?? 0) + 1;
    let { verdict, taken } = await measured(input);
    // What counts is what is in use, not what waits to be collected: another look, from a heap without any.
    for (
      let look = 0;
      look < 3 && (taken > RATIO * length + BESIDE || (length >= LONG && taken > RATIO * length));
      look++
    ) {
      collect();
      taken = Math.min(taken, (await measured(input)).taken);
    }
    counts[verdict] += 1;
    if (length >= LONG) found.ratio = Math.max(found.ratio, taken / length);
    else found.most = Math.max(found.most, taken - RATIO * length);
    if (taken > RATIO * length + BESIDE) throw new Error(`${taken} bytes for an input of ${length}`);
  });
  const details = await fc.check(property, { numRuns: runs, seed, ...(path === undefined ? {} : { path }) });
  format.close?.();
  const [input] = details.counterexample ?? [];
  const { counterexamplePath, errorInstance } = details;
  const error = errorInstance instanceof Error ? describe(errorInstance) : String(errorInstance);
  const failure = details.failed
    ? { path: counterexamplePath ?? "", input: input ? show(input) : "", error }
    : undefined;
  return { ...counts, ...found, failure };
}

function describe(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${describe(error.cause)}` : "";
  return `${error.stack ?? error.message}${cause}`;
}

parentPort?.postMessage(await run(workerData as Order));
