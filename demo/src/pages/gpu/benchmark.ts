import type { Device } from "chainrule";
import { createReferenceTrainer } from "chainrule";
import { type Contestant, type ContestantName, type Enter, enterChainrule, enterReference } from "./contestants.ts";
import { makeTasks, optionsOf, type StartedTask, taskNames } from "./tasks.ts";
import { loadTfjs, type Tfjs } from "./tfjs-client.ts";
import type { Work } from "./work.ts";

/** Losses of the first steps agree within this, relative, or no time is shown. */
export const TOLERANCE = 1e-3;
/** Steps compared one by one, … */
const COMMON_STEPS = 20;
/** … if they take no longer than so many ms, but at least so many steps. */
const COMMON_TIME = 1500;
const LEAST_COMMON = 5;
/** Rounds in which the contestants take turns; the median counts. */
const ROUNDS = 5;
/** The last loss of a round is the same in every round within this, relative. */
const REPEATED = 1e-2;

/** How the losses of a contestant compare with the reference's. */
export interface Agreement {
  readonly steps: number;
  /** Largest relative difference of a loss. */
  readonly difference: number;
}

/** What was measured of one contestant on one network. */
export interface Timing {
  readonly contestant: ContestantName;
  /** Why there is no time. */
  readonly fault?: string;
  /** From the beginning to the loss of the first step, compilation included; in seconds. */
  readonly firstStepSeconds?: number;
  /** Undefined for the reference, which judges. */
  readonly agreement?: Agreement;
  readonly stepsPerRound?: number;
  /** Steps a second of each round. */
  readonly rates: readonly number[];
}

export interface NetworkTimings {
  readonly network: string;
  readonly timings: readonly Timing[];
}

export interface Benchmark {
  readonly networks: readonly NetworkTimings[];
  /** Of TensorFlow.js; undefined where it was not asked for or did not load. */
  readonly tfjs: string | undefined;
  /** Whether all networks were measured. */
  readonly complete: boolean;
  readonly seconds: number;
}

export interface BenchmarkOptions {
  /** Undefined where there is no GPU: the reference alone is measured. */
  readonly device: Device | undefined;
  readonly tfjs: boolean;
  /** To measure for, over all networks and contestants. */
  readonly seconds: number;
  readonly signal: AbortSignal;
  readonly report: (work: Work, benchmark: Benchmark) => void;
}

/** Trains the same networks from the same weights on the same rows by every contestant: agreement first, then times. */
export async function runBenchmark(options: BenchmarkOptions): Promise<Benchmark> {
  const { device, seconds, signal, report } = options;
  const began = performance.now();
  const networks: NetworkTimings[] = [];
  let tfjs: Tfjs | Error | undefined;
  let pieces = 0;
  const stand = (complete: boolean, now?: NetworkTimings): Benchmark => ({
    networks: now ? [...networks, now] : [...networks],
    tfjs: tfjs && "version" in tfjs ? tfjs.version : undefined,
    complete,
    seconds: (performance.now() - began) / 1000,
  });
  try {
    if (options.tfjs) {
      report({ label: "Loading TensorFlow.js", share: 0, seconds: 0 }, stand(false));
      tfjs = await loadTfjs().catch(asError);
      signal.throwIfAborted();
    }
    const entrants = entrantsOf(device, tfjs);
    const piecesEach = entrants.length + 1 + ROUNDS;
    for (const task of makeTasks()) {
      const race = new Race(entrants);
      await race.run(task, (1000 * seconds) / (taskNames.length * entrants.length * ROUNDS), (label) => {
        signal.throwIfAborted();
        const share = pieces++ / (taskNames.length * piecesEach);
        const benchmark = stand(false, { network: task.name, timings: race.timings });
        report({ label: `${task.name}: ${label}`, share, seconds: benchmark.seconds }, benchmark);
      });
      networks.push({ network: task.name, timings: race.timings });
    }
    return stand(true);
  } finally {
    if (tfjs && "end" in tfjs) tfjs.end();
  }
}

interface Entrant {
  readonly name: ContestantName;
  readonly enter: Enter;
}

function entrantsOf(device: Device | undefined, tfjs: Tfjs | Error | undefined): readonly Entrant[] {
  const absent =
    (error: Error): Enter =>
    () =>
      Promise.reject(error);
  return [
    ...(device ? [{ name: "chainrule" as const, enter: enterChainrule(device) }] : []),
    ...(tfjs ? [{ name: "tfjs" as const, enter: tfjs instanceof Error ? absent(tfjs) : tfjs.enter }] : []),
    { name: "reference", enter: enterReference },
  ];
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

/** One contestant at work. Whatever goes wrong is its fault, and the others go on. */
class Runner {
  timing: Timing;
  readonly losses: number[] = [];
  readonly #enter: Enter;
  #contestant: Contestant | undefined;
  /** Time of a warm step in ms. */
  #time = 0;
  #lastLoss: number | undefined;

  constructor({ name, enter }: Entrant) {
    this.timing = { contestant: name, rates: [] };
    this.#enter = enter;
  }

  get works(): boolean {
    return this.timing.fault === undefined;
  }

  fail(fault: string): void {
    this.timing = { ...this.timing, fault, rates: [] };
  }

  async start(task: StartedTask): Promise<void> {
    await this.#attempt(async () => {
      const began = performance.now();
      this.#contestant = await this.#enter(task);
      this.losses.push(await this.#contestant.step(1));
      this.timing = { ...this.timing, firstStepSeconds: (performance.now() - began) / 1000 };
    });
  }

  async takeCommonSteps(): Promise<void> {
    const began = performance.now();
    const more = () => this.losses.length < LEAST_COMMON || performance.now() - began < COMMON_TIME;
    await this.#attempt(async (contestant) => {
      while (this.losses.length < COMMON_STEPS && more()) this.losses.push(await contestant.step(1));
    });
  }

  /** Finds how many steps last `least` ms. */
  async plan(least: number): Promise<void> {
    await this.#attempt(async (contestant) => {
      let steps = 1;
      for (;;) {
        const began = performance.now();
        await contestant.step(steps);
        const time = performance.now() - began;
        this.#time = time / steps;
        if (time > least / 3) break;
        steps = Math.ceil(steps * Math.min(8, least / 2 / Math.max(time, 0.1)));
      }
      this.timing = { ...this.timing, stepsPerRound: Math.max(1, Math.ceil(least / this.#time)) };
    });
  }

  /** One round from the first weights on. */
  async round(): Promise<void> {
    await this.#attempt(async (contestant) => {
      const { stepsPerRound = 1, rates } = this.timing;
      await contestant.reset();
      const began = performance.now();
      const loss = await contestant.step(stepsPerRound);
      const rate = (1000 * stepsPerRound) / (performance.now() - began);
      const expected = this.#lastLoss ?? loss;
      if (!(relative(loss, expected) <= REPEATED)) {
        throw new Error(`loss ${loss} after ${stepsPerRound} steps, but ${expected} in an earlier round`);
      }
      this.#lastLoss = loss;
      this.timing = { ...this.timing, rates: [...rates, rate] };
    });
  }

  async end(): Promise<void> {
    await this.#contestant?.dispose();
  }

  async #attempt(work: (contestant: Contestant) => Promise<void>): Promise<void> {
    if (!this.works) return;
    try {
      await work(this.#contestant as Contestant);
    } catch (error) {
      this.fail(asError(error).message);
    }
  }
}

/** All contestants on one network. */
class Race {
  readonly #runners: readonly Runner[];

  constructor(entrants: readonly Entrant[]) {
    this.#runners = entrants.map((entrant) => new Runner(entrant));
  }

  get timings(): readonly Timing[] {
    return this.#runners.map(({ timing }) => timing);
  }

  /** @param least ms of a round @param next is told what comes; it may throw to end the race */
  async run(task: Parameters<typeof optionsOf>[0], least: number, next: (label: string) => void): Promise<void> {
    const runners = this.#runners;
    try {
      const parameters = await createReferenceTrainer(optionsOf(task)).parameters();
      for (const runner of runners) {
        next(`first step of ${runner.timing.contestant}`);
        await runner.start({ ...task, parameters });
      }
      next("do the losses agree?");
      for (const runner of runners) await runner.takeCommonSteps();
      judge(runners);
      for (const runner of runners) await runner.plan(least);
      for (let round = 0; round < ROUNDS; round++) {
        next(`round ${round + 1} of ${ROUNDS}`);
        // Nobody is always the first.
        for (let i = 0; i < runners.length; i++) await runners[(i + round) % runners.length]?.round();
      }
    } finally {
      for (const runner of runners) await runner.end();
    }
  }
}

/** Compares the losses of the first steps with the reference's. */
function judge(runners: readonly Runner[]): void {
  const reference = runners.find(({ timing }) => timing.contestant === "reference");
  for (const runner of runners) {
    if (runner === reference || !runner.works) continue;
    const agreement = agreementOf(runner.losses, reference?.losses ?? []);
    runner.timing = { ...runner.timing, agreement };
    if (!(agreement.difference <= TOLERANCE)) {
      runner.fail(`its losses differ from the CPU reference’s by up to ${agreement.difference.toExponential(1)}`);
    }
  }
}

/** Over the steps that both have taken; Infinity where there is none, or where a loss is no number. */
export function agreementOf(got: readonly number[], expected: readonly number[]): Agreement {
  const steps = Math.min(got.length, expected.length);
  const differences = got.slice(0, steps).map((loss, i) => relative(loss, expected[i] ?? Number.NaN));
  return { steps, difference: steps === 0 ? Number.POSITIVE_INFINITY : Math.max(...differences) };
}

function relative(got: number, expected: number): number {
  const difference = Math.abs(got - expected) / Math.abs(expected);
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
}

/** Undefined where nothing was measured. */
export function medianOf(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)];
  const [low, high] = sorted.slice(middle - 1, middle + 1);
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
