import { type Curves, noCurves, withPoint, withTest } from "./curves.ts";
import { CPU_SLICE, inSlices, nowAndThen, pause, REPORT_INTERVAL } from "./pace.ts";
import { onGpu, type Training } from "./training.ts";

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

/** Time in ms of a slice of training on the GPU, which lets calls in between. */
const GPU_SLICE = 100;

/** Least time in ms between two judgements. */
const JUDGE_INTERVAL = 150;

/** A judgement is followed by so many times its own time of training. */
const JUDGE_REST = 4;

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
  #curves = noCurves;
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
    // The first step may take a while.
    this.#listener.report(this.progress);
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
    const gpu = onGpu(this.training);
    const judge = nowAndThen(JUDGE_INTERVAL, () => this.#judge(), { first: JUDGE_INTERVAL, rest: JUDGE_REST });
    const report = nowAndThen(REPORT_INTERVAL, () => this.#listener.report(this.progress));
    const left = () => (this.#running ? this.#until - this.#step : 0);
    await inSlices({
      length: gpu ? GPU_SLICE : CPU_SLICE,
      left,
      take: (steps) => this.#take(steps),
      after: async () => {
        if (!gpu) await pause(0);
        await judge();
        // Its end is reported only with what is learned by then.
        if (this.#step < this.#until) await report();
      },
    });
    await this.#judge();
  }

  async #take(steps: number): Promise<number> {
    const began = performance.now();
    const report = await this.training.step(steps);
    await this.#listener.alongside?.(report.steps);
    this.#seconds += (performance.now() - began) / 1000;
    this.#step = report.step;
    this.#epoch = report.epoch;
    this.#samplesPerSecond = report.samplesPerSecond;
    this.#curves = withPoint(this.#curves, report.step, report.loss);
    return report.steps;
  }

  async #judge(): Promise<void> {
    const loss = await this.#listener.judge();
    this.#curves = withTest(this.#curves, loss);
  }
}
