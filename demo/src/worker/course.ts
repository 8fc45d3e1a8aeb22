import {
  createReferenceTrainer,
  createTrainer,
  type Device,
  type ReferenceTrainer,
  type Report,
  type Trainer,
  type TrainerOptions,
} from "chainrule";

/** What trains: the GPU, or the CPU reference where there is none. */
export type Training = Trainer | ReferenceTrainer;

export const createTraining = async (device: Device | undefined, options: TrainerOptions): Promise<Training> =>
  device ? createTrainer(device, options) : createReferenceTrainer(options);

/** Loss a sample by step, thinned out. */
export interface Curves {
  readonly steps: readonly number[];
  readonly train: readonly number[];
  readonly test: readonly (number | null)[];
}

/** How far a course is. */
export interface Progress {
  readonly running: boolean;
  readonly step: number;
  /** The step at which it ends. */
  readonly until: number;
  /** Epochs begun. */
  readonly epoch: number;
  /** Time spent in seconds, pauses left out. */
  readonly seconds: number;
  readonly samplesPerSecond: number | undefined;
  readonly curves: Curves;
}

/** What a course tells. */
export interface Listener {
  /** Looks at what was learned. @returns loss a sample of the rows to test on */
  judge(): Promise<number | undefined>;
  /** Trains what is compared by as many steps. */
  alongside?(steps: number): Promise<unknown>;
  report(progress: Progress): void;
  fail(error: unknown): void;
}

/** Time in ms of a slice of training, on the GPU and on the CPU, which lets calls in between. */
const GPU_SLICE = 100;
const CPU_SLICE = 14;

/** Least time in ms between two reports, and between two judgements. */
const REPORT_INTERVAL = 120;
const JUDGE_INTERVAL = 150;

/** A judgement is followed by so many times its own time of training. */
const JUDGE_REST = 4;

/** Points of the curves before every other one is left out. */
const MOST_POINTS = 400;

/** A training of a given length, taken in slices so that other calls come through, with pauses where one is asked for. */
export class Course {
  readonly training: Training;
  readonly #steps: number;
  readonly #listener: Listener;
  #until: number;
  #step = 0;
  #epoch = 0;
  #seconds = 0;
  #samplesPerSecond: number | undefined;
  #curves: Curves = { steps: [], train: [], test: [] };
  #running = false;
  #loop: Promise<void> = Promise.resolve();

  /** @param steps that it takes each time it is played to its end */
  constructor(training: Training, steps: number, listener: Listener) {
    this.training = training;
    this.#steps = steps;
    this.#until = steps;
    this.#listener = listener;
  }

  get progress(): Progress {
    return {
      running: this.#running,
      step: this.#step,
      until: this.#until,
      epoch: this.#epoch,
      seconds: this.#seconds,
      samplesPerSecond: this.#samplesPerSecond,
      curves: this.#curves,
    };
  }

  /** Trains on to the end; after the end, as many steps again. */
  play(): void {
    if (this.#running) return;
    if (this.#step >= this.#until) this.#until = this.#step + this.#steps;
    this.#running = true;
    this.#loop = this.#loop
      .then(() => this.#run())
      .catch((error) => this.#listener.fail(error))
      .finally(() => {
        this.#running = false;
        this.#listener.report(this.progress);
      });
  }

  async pause(): Promise<void> {
    this.#running = false;
    await this.#loop;
  }

  /** Judges what there is, before the first step. */
  async look(): Promise<void> {
    await this.#judge();
    this.#listener.report(this.progress);
  }

  async dispose(): Promise<void> {
    await this.pause();
    this.training.dispose();
  }

  async #run(): Promise<void> {
    const onGpu = "buffer" in this.training;
    const slice = onGpu ? GPU_SLICE : CPU_SLICE;
    let [size, reported, judge] = [1, 0, performance.now() + JUDGE_INTERVAL];
    while (this.#running && this.#step < this.#until) {
      const began = performance.now();
      const report = await this.training.step(Math.min(size, this.#until - this.#step));
      await this.#listener.alongside?.(report.steps);
      const time = performance.now() - began;
      this.#add(report, time);
      size = Math.max(1, Math.min(2 * size, Math.floor((report.steps * slice) / Math.max(time, 0.1))));
      if (!onGpu) await new Promise((resolve) => setTimeout(resolve, 0));
      if (performance.now() > judge) {
        const from = performance.now();
        await this.#judge();
        const now = performance.now();
        judge = now + Math.max(JUDGE_INTERVAL, JUDGE_REST * (now - from));
      }
      if (performance.now() - reported < REPORT_INTERVAL) continue;
      reported = performance.now();
      this.#listener.report(this.progress);
    }
    await this.#judge();
  }

  #add({ step, epoch, loss, samplesPerSecond }: Report, time: number): void {
    this.#step = step;
    this.#epoch = epoch;
    this.#seconds += time / 1000;
    this.#samplesPerSecond = samplesPerSecond;
    const { steps, train, test } = this.#curves;
    const all = { steps: [...steps, step], train: [...train, loss], test: [...test, null] };
    this.#curves = all.steps.length > MOST_POINTS ? thinned(all) : all;
  }

  async #judge(): Promise<void> {
    const loss = await this.#listener.judge();
    if (loss === undefined || this.#curves.test.length === 0) return;
    this.#curves = { ...this.#curves, test: this.#curves.test.with(-1, loss) };
  }
}

function thinned({ steps, train, test }: Curves): Curves {
  const keep = <T>(values: readonly T[]) => values.filter((_, i) => i % 2 === 1);
  // A judgement that falls on a point left out moves to the one that stays.
  const moved = test.map((value, i) => value ?? test[i - 1] ?? null);
  return { steps: keep(steps), train: keep(train), test: keep(moved) };
}

/** How often each class was taken for each: `[classes, classes]`, down the true class, across the predicted one. */
export function confusionOf(actual: ArrayLike<number>, predicted: ArrayLike<number>, classes: number): number[] {
  const counts = new Array<number>(classes * classes).fill(0);
  for (let i = 0; i < actual.length; i++) {
    const at = (actual[i] ?? 0) * classes + (predicted[i] ?? 0);
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return counts;
}
