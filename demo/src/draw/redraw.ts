/** Time in ms from one picture to the next, as a multiple of what the last one took; training keeps the rest. */
const REST = 3;

export interface RedrawOptions {
  /** Whether it changes all the time, as it does while training runs. */
  running(): boolean;
  /** Draws it. @returns when the picture is done; undefined where there is nothing to draw yet */
  draw(): Promise<unknown> | undefined;
}

/** Draws something again and again at the display's rate, one picture at a time, with rests where training needs the GPU too. */
export class Redraw {
  readonly #options: RedrawOptions;
  #stale = false;
  #drawing = false;
  #next = 0;
  #stopped = false;
  /** Wait for a picture that is not out of date. */
  #waiting: (() => void)[] = [];

  constructor(options: RedrawOptions) {
    this.#options = options;
    requestAnimationFrame(this.#frame);
  }

  /** Says that the last picture is out of date. */
  markStale(): void {
    this.#stale = true;
  }

  /** @returns when the picture is not out of date, or there is nothing to draw */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stopped) resolve();
      else this.#waiting.push(resolve);
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#release();
  }

  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #frame = (): void => {
    if (this.#stopped) return;
    requestAnimationFrame(this.#frame);
    const running = this.#options.running();
    if (!this.#stale && !this.#drawing) this.#release();
    if (!(this.#stale || running) || this.#drawing || (running && performance.now() < this.#next)) return;
    const began = performance.now();
    const picture = this.#options.draw();
    if (!picture) {
      this.#release();
      return;
    }
    this.#stale = false;
    this.#drawing = true;
    const done = () => {
      this.#drawing = false;
      this.#next = performance.now() + REST * (performance.now() - began);
    };
    picture.then(done, done);
  };
}
