import { createReferenceTrainer } from "chainrule";
import { scientific } from "../../format.ts";
import type { Contestant, ContestantName, Enter } from "./contestants.ts";
import { optionsOf, type StartedTask, type Task } from "./tasks.ts";

/** Losses of the first steps agree within this, relative, or no time is shown. */
export const TOLERANCE = 1e-3;
/** Steps compared one by one, … */
export const COMMON_STEPS = 20;
/** … if they take no longer than so many ms, but at least so many steps. */
export const COMMON_TIME = 1500;
export const LEAST_COMMON = 5;
/** Rounds in which the contestants take turns; the median counts. */
export const ROUNDS = 5;
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

/** Who takes part. */
export interface Entrant {
  readonly name: ContestantName;
  readonly enter: Enter;
}

/** How a race is run. */
export interface RaceOptions {
  /** ms that a round lasts. */
  readonly least: number;
  /** Is told what comes; it may throw to end the race. */
  next(label: string): void;
  /** Time in ms. */
  now(): number;
}

export const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

/** One contestant at work. Whatever goes wrong is its fault, and the others go on. */
class Runner {
  timing: Timing;
  readonly losses: number[] = [];
  readonly #enter: Enter;
  readonly #now: () => number;
  #contestant: Contestant | undefined;
  /** Time of a warm step in ms. */
  #time = 0;
  #lastLoss: number | undefined;

  constructor({ name, enter }: Entrant, now: () => number) {
    this.timing = { contestant: name, rates: [] };
    this.#enter = enter;
    this.#now = now;
  }

  get works(): boolean {
    return this.timing.fault === undefined;
  }

  fail(fault: string): void {
    this.timing = { ...this.timing, fault, rates: [] };
  }

  async start(task: StartedTask): Promise<void> {
    await this.#attempt(async () => {
      const began = this.#now();
      this.#contestant = await this.#enter(task);
      this.losses.push(await this.#contestant.step(1));
      this.timing = { ...this.timing, firstStepSeconds: (this.#now() - began) / 1000 };
    });
  }

  async takeCommonSteps(): Promise<void> {
    const began = this.#now();
    const more = () => this.losses.length < LEAST_COMMON || this.#now() - began < COMMON_TIME;
    await this.#attempt(async (contestant) => {
      while (this.losses.length < COMMON_STEPS && more()) this.losses.push(await contestant.step(1));
    });
  }

  /** Finds how many steps last `least` ms. */
  async plan(least: number): Promise<void> {
    await this.#attempt(async (contestant) => {
      let steps = 1;
      for (;;) {
        const began = this.#now();
        await contestant.step(steps);
        const time = this.#now() - began;
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
      const began = this.#now();
      const loss = await contestant.step(stepsPerRound);
      const rate = (1000 * stepsPerRound) / (this.#now() - began);
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
export class Race {
  readonly #runners: readonly Runner[];
  readonly #options: RaceOptions;

  constructor(entrants: readonly Entrant[], options: RaceOptions) {
    this.#runners = entrants.map((entrant) => new Runner(entrant, options.now));
    this.#options = options;
  }

  get timings(): readonly Timing[] {
    return this.#runners.map(({ timing }) => timing);
  }

  async run(task: Task): Promise<void> {
    const runners = this.#runners;
    const { least, next } = this.#options;
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
      runner.fail(`its losses differ from the CPU reference’s by up to ${scientific(agreement.difference)}`);
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
