import type { Device } from "chainrule";
import type { Training } from "../../worker/training.ts";
import type { View } from "./contract.ts";
import { createCpuPainter } from "./cpu-painter.ts";
import type { Engine } from "./engine.ts";
import { createGpuPainter } from "./gpu-painter.ts";
import type { Canvases, Painter } from "./painter.ts";

/** Pictures that may wait on the GPU at once. */
const PICTURES_AHEAD = 2;

/**
 * A picture that takes longer than so many ms, two submits of training before it included, is slow: the next one waits until so
 * many times its time is over, so that training keeps most of the GPU.
 */
const SLOW_PICTURE = 50;
const REST = 4;
const LONGEST_REST = 400;

/** Least time in ms from one picture to the next where the CPU draws and trains. */
const CPU_REST = 100;

/** A run, as the page counts. */
export interface Subject {
  readonly engine: Engine;
  readonly run: number;
}

export interface PictureOptions {
  readonly device: Device | undefined;
  /** What is to be drawn. */
  subject(): Subject | undefined;
  /** Whether steps are being taken, which a picture may slow down. */
  busy(): boolean;
  /** Whether it changes all the time. */
  changing(): boolean;
  /** Says that the pictures show another run. */
  onRun(run: number): void;
}

/** Draws the run in use, at the display's rate and what has changed. */
export class Picture {
  readonly #options: PictureOptions;
  #painter: Painter | undefined;
  /** What the painter draws. */
  #drawn: Training | undefined;
  /** The run that the pictures show. */
  #shown: number | undefined;
  /** Whether the picture is older than the parameters or the view. */
  #stale = false;
  /** Pictures being drawn. */
  #drawing = 0;
  /** When a GPU that is slow to draw gets the next one. */
  #next = 0;
  #frames = { count: 0, since: performance.now(), rate: undefined as number | undefined };
  #closed = false;
  /** Wait for pictures that are not out of date. */
  #waiting: (() => void)[] = [];

  constructor(options: PictureOptions) {
    this.#options = options;
    requestAnimationFrame(this.#frame);
  }

  get framesPerSecond(): number | undefined {
    return this.#frames.rate;
  }

  /** Takes the canvases. */
  async show(canvases: Canvases, view: View): Promise<void> {
    const { device } = this.#options;
    this.#painter = device ? await createGpuPainter(device.gpu, canvases, view) : createCpuPainter(canvases, view);
    this.#drawn = undefined;
  }

  view(view: View): void {
    this.#painter?.view(view);
    this.#stale = true;
  }

  markStale(): void {
    this.#stale = true;
  }

  /** Counts pictures from now on: the time at rest counts for none. */
  startCounting(): void {
    this.#frames = { ...this.#frames, count: 0, since: performance.now() };
  }

  /** Lets the painter draw the trainer in use, which an edit or a rewind may make anew. @returns whether it is another */
  async attach(): Promise<boolean> {
    const [subject, painter] = [this.#options.subject(), this.#painter];
    if (!subject || !painter || this.#drawn === subject.engine.training) return false;
    const { training, state, points } = subject.engine;
    await painter.attach(training, state.run, points);
    this.#drawn = training;
    this.#stale = true;
    return true;
  }

  settled(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#closed) resolve();
      else this.#waiting.push(resolve);
    });
  }

  /** Draws no more. */
  close(): void {
    this.#closed = true;
    this.#release();
  }

  dispose(): void {
    this.#painter?.dispose();
  }

  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #resting(): boolean {
    return this.#drawing >= PICTURES_AHEAD || (this.#options.busy() && performance.now() < this.#next);
  }

  #frame = (): void => {
    if (this.#closed) return;
    requestAnimationFrame(this.#frame);
    const changing = this.#stale || this.#options.changing();
    const subject = this.#options.subject();
    const drawable = this.#painter !== undefined && subject !== undefined && this.#drawn === subject.engine.training;
    if (!drawable || !(this.#stale || this.#drawing)) this.#release();
    if (changing && drawable && !this.#resting()) this.#draw(subject.run);
  };

  #draw(run: number): void {
    this.#stale = false;
    this.#drawing += 1;
    const began = performance.now();
    const done = () => {
      this.#drawing -= 1;
      const time = performance.now() - began;
      const slow = time > SLOW_PICTURE || !this.#options.device;
      this.#next = slow ? began + Math.max(CPU_REST, Math.min(REST * time, LONGEST_REST)) : 0;
      if (this.#closed || this.#shown === run) return;
      this.#shown = run;
      this.#options.onRun(run);
    };
    this.#painter?.draw().then(done, done);
    const frames = this.#frames;
    frames.count += 1;
    const elapsed = performance.now() - frames.since;
    if (elapsed > 1000) this.#frames = { count: 0, since: performance.now(), rate: (1000 * frames.count) / elapsed };
  }
}
