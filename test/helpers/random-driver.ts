import { createReferenceTrainer } from "../../src/cpu/trainer.ts";
import type { Device } from "../../src/device/open.ts";
import { loadModel } from "../../src/run/checkpoint.ts";
import { createTrainer } from "../../src/run/trainer.ts";
import { difference } from "./difference.ts";
import {
  type Call,
  callsOf,
  type Either,
  type Group,
  type Outcome,
  type Run,
  reset,
  run,
  tiny,
} from "./random-calls.ts";
import { CLOSE } from "./training.ts";

/** Runs sequences of calls on the GPU and on the CPU, at the same time and one after another, and compares what comes of them. */

type Make = () => Promise<Either>;

/** A trainer, used for one sequence after another, and the file of where it began. */
interface Stage {
  readonly trainer: Either;
  readonly first: Uint8Array<ArrayBuffer>;
}

async function stageOf(make: Make): Promise<Stage> {
  const trainer = await make();
  const first = await trainer.save();
  // What only a step writes is there for all sequences.
  await trainer.step();
  return { trainer, first };
}

const isDisposed = (groups: readonly Group[]) => groups.flat().some(({ call }) => call === "dispose");

/** Runs calls on a stage, or on one of their own where they dispose of it. */
async function play(
  make: Make,
  stage: Stage,
  groups: readonly Group[],
  taken?: ReadonlyMap<number, number>,
): Promise<Run> {
  const { trainer, first } = isDisposed(groups) ? await stageOf(make) : stage;
  await reset(trainer, first);
  return run(trainer, groups, first, taken);
}

/** Whether an error is of a call that was disposed of: refused, or halted, and its tensors are not to be looked through any more. */
const isMet = (error: string, inOrder: Outcome): boolean =>
  error.startsWith("DeviceError: trainer: got a call after") ||
  (/^NumericError: training: step \d+: J: /.test(error) &&
    "error" in inOrder &&
    inOrder.error.startsWith("NumericError: training: "));

/** Where what calls gave differs from what they gave in order. */
function parting(got: Run, expected: Run): string | undefined {
  const { at, from } = expected.disposed;
  for (const [index, outcome] of got.outcomes.entries()) {
    const inOrder = expected.outcomes[index] as Outcome;
    const met = index >= from && index < at && "error" in outcome && isMet(outcome.error, inOrder);
    const found = met ? undefined : difference(outcome, inOrder, 0, `call ${index}`);
    if (found) return found;
  }
  return undefined;
}

/** A file as what it holds, and the control block, whose words hold floats too, left out. */
function comparable(outcome: Outcome, call: Call | undefined): unknown {
  if (!("value" in outcome)) return outcome;
  if (call?.call === "read" && call.name === "control") return undefined;
  return outcome.value instanceof Uint8Array ? loadModel(outcome.value) : outcome;
}

/** Where what calls gave on the CPU is not close to what they gave on the GPU. */
function drift(cpu: Run, gpu: Run, groups: readonly Group[]): string | undefined {
  const calls: readonly Call[] = groups.flat();
  for (const [index, outcome] of cpu.outcomes.entries()) {
    const [got, expected] = [outcome, gpu.outcomes[index] as Outcome].map((one) => comparable(one, calls[index]));
    const found = difference(got, expected, CLOSE, `call ${index}`);
    if (found) return found;
  }
  return undefined;
}

const sameSteps = (a: Run, b: Run) => JSON.stringify([...a.taken]) === JSON.stringify([...b.taken]);

/** Trainers of both kinds, each for the calls at the same time and for those in order. */
interface Lane {
  /** What is wrong with what a sequence of calls came to, if anything. */
  wrong(groups: readonly Group[]): Promise<string | undefined>;
  dispose(): void;
}

async function laneOn(device: Device): Promise<Lane> {
  const makeGpu = () => createTrainer(device, tiny);
  const makeCpu = async () => createReferenceTrainer(tiny);
  const gpu = [await stageOf(makeGpu), await stageOf(makeGpu)] as const;
  const cpu = [await stageOf(makeCpu), await stageOf(makeCpu)] as const;
  const both = async (make: Make, [one, other]: readonly [Stage, Stage], groups: readonly Group[]) => {
    const got = await play(make, one, groups);
    const expected = await play(make, other, groups, got.taken);
    return { got, expected, found: parting(got, expected) };
  };
  return {
    async wrong(groups) {
      const onCpu = await both(makeCpu, cpu, groups);
      if (onCpu.found) return `on the CPU, ${onCpu.found}`;
      const onTheGpu = await both(makeGpu, gpu, groups);
      if (onTheGpu.found) return `on the GPU, ${onTheGpu.found}`;
      // A fit that was aborted may have taken fewer steps here than there.
      const same = sameSteps(onCpu.got, onTheGpu.got);
      const twin = same ? onCpu.expected : await play(makeCpu, cpu[1], groups, onTheGpu.got.taken);
      const found = drift(twin, onTheGpu.expected, groups);
      return found && `on the CPU against the GPU, ${found}`;
    },
    dispose() {
      for (const { trainer } of [...gpu, ...cpu]) trainer.dispose();
    },
  };
}

/** The calls without those that can be left out though they still fail. */
async function shrunk(
  groups: readonly Group[],
  fails: (groups: readonly Group[]) => Promise<boolean>,
): Promise<readonly Group[]> {
  let least = groups;
  for (let index = groups.flat().length - 1; index >= 0; index--) {
    let place = 0;
    const fewer = least.map((group) => group.filter(() => place++ !== index)).filter(({ length }) => length > 0);
    if (await fails(fewer)) least = fewer;
  }
  return least;
}

/**
 * Runs the sequences of calls of some seeds.
 * @param lanes sequences that run at the same time, so that none waits for the GPU's answers alone
 * @throws Error with the seed of the first that went wrong, and its fewest calls that do
 */
export async function expectSequences(device: Device, first: number, count: number, lanes = 6): Promise<void> {
  const faults: string[] = [];
  const uncaptured = ({ error }: GPUUncapturedErrorEvent) => void faults.push(error.message);
  device.gpu.addEventListener("uncapturederror", uncaptured);
  let next = first;
  const work = async () => {
    let lane = await laneOn(device);
    const wrong = async (groups: readonly Group[]) => {
      const found = await lane.wrong(groups).catch((error) => `threw ${error}`);
      // What is used after it was freed, the device alone tells.
      const heard = isDisposed(groups) ? faults.splice(0) : [];
      return found ?? (heard.length > 0 ? `the device says ${heard[0]}` : undefined);
    };
    try {
      while (next < first + count) {
        const seed = next++;
        const groups = callsOf(seed);
        const found = await wrong(groups);
        if (!found) continue;
        next = Number.POSITIVE_INFINITY;
        const fails = async (fewer: readonly Group[]) => {
          lane.dispose();
          lane = await laneOn(device);
          return (await wrong(fewer)) !== undefined;
        };
        const least = await shrunk(groups, fails);
        throw new Error(
          `seed ${seed}: ${found}; fewest calls:\n${least.map((group) => JSON.stringify(group)).join("\n")}`,
        );
      }
    } finally {
      lane.dispose();
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: lanes }, work));
  device.gpu.removeEventListener("uncapturederror", uncaptured);
  for (const one of ended) if (one.status === "rejected") throw one.reason;
}
