import { noCurves, upTo, withPoint, withTest } from "../../worker/curves.ts";
import type { Context, OpenSession, Session } from "../../worker/session.ts";
import { CPU_SLICE, nextSize, pause, REPORT_INTERVAL, type Training } from "../../worker/training.ts";
import { takeTurns } from "../../worker/turns.ts";
import type { PlaygroundContract, Scores, Speed, View } from "./contract.ts";
import { createCpuPainter } from "./cpu-painter.ts";
import { Engine } from "./engine.ts";
import { fingerprint } from "./fingerprint.ts";
import { createGpuPainter } from "./gpu-painter.ts";
import type { LiveOptions, PlaygroundState } from "./options.ts";
import type { Canvases, Painter } from "./painter.ts";

type Methods = PlaygroundContract["methods"];

/** Time in ms between two judgements of all points. */
const JUDGE_INTERVAL = 300;

/** Time in ms of a slice of a replay on the GPU, each a point of the curves, and how often it looks at all points. */
const REPLAY_SLICE = 60;
const REPLAY_JUDGEMENTS = 12;

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

/** Steps a second at the two speeds that let one watch. */
const paces: Readonly<Record<Exclude<Speed, "full">, number>> = { slow: 8, medium: 100 };

export const open: OpenSession<PlaygroundContract> = (context) => new PlaygroundSession(context);

class PlaygroundSession implements Session<PlaygroundContract> {
  readonly methods: Methods;
  readonly #context: Context<PlaygroundContract>;
  readonly #inTurn = takeTurns();
  #painter: Painter | undefined;
  #engine: Engine | undefined;
  /** What could not be begun, until something is. */
  #failed: { readonly state: PlaygroundState; readonly run: number } | undefined;
  /** What the painter draws. */
  #drawn: Training | undefined;
  /** Of the run, as the page counts. */
  #number = 0;
  #running = false;
  #speed: Speed = "full";
  #loop: Promise<void> = Promise.resolve();
  /** Whether steps are taken that were taken before. */
  #replaying = false;
  /** Ends the replay that is under way, or waits for its turn. */
  #replay = new AbortController();
  #curves = noCurves;
  #scores: Scores | undefined;
  #samplesPerSecond: number | undefined;
  #fingerprint: string | undefined;
  /** Whether the picture is older than the parameters or the view. */
  #stale = false;
  /** Pictures being drawn. */
  #drawing = 0;
  /** When a GPU that is slow to draw gets the next one. */
  #nextPicture = 0;
  #frames = { count: 0, since: performance.now(), rate: undefined as number | undefined };
  #closed = false;
  /** Wait for pictures that are not out of date. */
  #waiting: (() => void)[] = [];

  constructor(context: Context<PlaygroundContract>) {
    this.#context = context;
    this.methods = {
      show: (canvases, view) => this.#turn(() => this.#show(canvases, view)),
      view: (view) => this.#look(view),
      begin: (state, run) => this.#anew((end) => this.#begin(state, run, end)),
      play: (speed) => this.#turn(async () => this.#play(speed)),
      pause: () => this.#anew(() => this.#settle()),
      advance: (steps) => this.#turn(() => this.#advance(steps)),
      rewind: (step) => this.#anew((end) => this.#goTo(step, end)),
      edit: (change) => this.#turn((running) => this.#edit(change, running)),
      save: () => this.#turn((running) => this.#save(running)),
    };
    requestAnimationFrame(this.#frame);
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#running = false;
    this.#release();
    return this.#anew(async () => {
      this.#painter?.dispose();
      this.#engine?.dispose();
    });
  }

  settled(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#closed) resolve();
      else this.#waiting.push(resolve);
    });
  }

  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Runs one method after the other, each with training at rest, and tells it whether training ran when its turn came. */
  #turn<T>(work: (running: boolean) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      const running = this.#running;
      this.#running = false;
      await this.#loop;
      return work(running);
    });
  }

  /** A turn that no replay keeps waiting: one that is under way stops where it is. */
  #anew<T>(work: (end: AbortSignal) => Promise<T>): Promise<T> {
    this.#replay.abort();
    this.#replay = new AbortController();
    const { signal } = this.#replay;
    return this.#turn(() => work(signal));
  }

  async #show(canvases: Canvases, view: View): Promise<void> {
    const { device } = this.#context;
    this.#painter = device ? await createGpuPainter(device.gpu, canvases, view) : createCpuPainter(canvases, view);
    this.#drawn = undefined;
    await this.#attach();
  }

  #look(view: View): void {
    this.#painter?.view(view);
    this.#stale = true;
  }

  async #begin(state: PlaygroundState, run: number, end: AbortSignal): Promise<void> {
    this.#failed = { state, run };
    const engine = await Engine.begin(this.#context.device, state);
    this.#failed = undefined;
    this.#engine?.dispose();
    this.#engine = engine;
    this.#number = run;
    this.#curves = noCurves;
    this.#samplesPerSecond = undefined;
    await this.#goTo(state.step, end);
  }

  #play(speed: Speed): void {
    this.#running = true;
    this.#fingerprint = undefined;
    // The time at rest counts for none.
    this.#frames = { ...this.#frames, count: 0, since: performance.now() };
    this.#loop = this.#train(speed).catch((error) => {
      this.#running = false;
      if (!this.#closed) this.#context.fail(error);
      return this.#settle().catch(() => {});
    });
  }

  async #advance(steps: number): Promise<void> {
    await this.#restIfFailed(async () => {
      for (let left = steps; left > 0; ) left -= await this.#steps(left);
    });
    await this.#settle();
  }

  /** Goes to a step, unless it is told to end: then whoever told so goes on from the step reached. */
  async #goTo(step: number, end: AbortSignal): Promise<void> {
    const engine = this.#run();
    await engine.restore(step);
    await this.#attach();
    this.#curves = upTo(this.#curves, engine.step);
    this.#replaying = true;
    try {
      await this.#restIfFailed(() => this.#retrain(engine, step, end));
    } finally {
      this.#replaying = false;
    }
    if (!end.aborted) await this.#settle();
  }

  /** Takes the steps up to one that was reached before. */
  async #retrain(engine: Engine, to: number, end: AbortSignal): Promise<void> {
    const [from, began] = [engine.step, performance.now()];
    const slice = this.#context.device ? REPLAY_SLICE : CPU_SLICE;
    let [size, reported, judged] = [8, began, from];
    while (engine.step < to && !end.aborted) {
      const start = performance.now();
      const taken = await this.#steps(Math.min(to - engine.step, size));
      size = nextSize(size, taken, performance.now() - start, slice);
      if (engine.step - judged > (to - from) / REPLAY_JUDGEMENTS) {
        // Training went on from weights that are beyond judgement, and does so again.
        await this.#judge().catch(() => {});
        judged = engine.step;
      }
      const now = performance.now();
      if (now - reported < REPORT_INTERVAL) continue;
      reported = now;
      const replay = { run: this.#number, step: engine.step, from, to, seconds: (now - began) / 1000 };
      this.#context.emit({ kind: "replay", replay });
      await pause(0);
    }
  }

  /** Training that runs goes on with the new options. */
  async #edit(change: Partial<LiveOptions>, running: boolean): Promise<void> {
    if (this.#failed) {
      const { state, run } = this.#failed;
      const live = { ...state.live, ...change };
      return this.#begin({ run: state.run, live, edits: [], step: 0 }, run, this.#replay.signal);
    }
    await this.#run().edit(change);
    await this.#attach();
    this.#curves = upTo(this.#curves, this.#run().step);
    if (!running) return this.#settle();
    // Never shown at rest in between, with weights that are about to change.
    this.#play(this.#speed);
    this.#report();
  }

  async #save(running: boolean): Promise<Uint8Array<ArrayBuffer>> {
    const file = await this.#run().training.save({ optimizer: false });
    if (running) this.#play(this.#speed);
    return file;
  }

  #run(): Engine {
    if (!this.#engine) throw new Error("playground: no run was begun");
    return this.#engine;
  }

  /** Trains until told otherwise, and reports. */
  async #train(speed: Speed): Promise<void> {
    this.#speed = speed;
    const slice = this.#context.device ? REPORT_INTERVAL : CPU_SLICE;
    let [size, reported, judged, due] = [1, 0, 0, performance.now()];
    while (this.#running) {
      const began = performance.now();
      const taken = await this.#steps(speed === "full" ? size : speed === "medium" ? 4 : 1);
      const now = performance.now();
      if (speed === "full") {
        size = nextSize(size, taken, now - began, slice);
        if (!this.#context.device) await pause(0);
      } else {
        due = Math.max(due + (1000 * taken) / paces[speed], now);
        await pause(due - now);
      }
      if (now - judged > JUDGE_INTERVAL) {
        await this.#judge();
        judged = performance.now();
      }
      if (now - reported > REPORT_INTERVAL) {
        this.#report();
        reported = now;
      }
    }
  }

  /** Takes at most `steps` steps. @returns how many */
  async #steps(steps: number): Promise<number> {
    const engine = this.#run();
    const { loss, steps: taken, samplesPerSecond } = await engine.advance(steps);
    this.#samplesPerSecond = samplesPerSecond;
    this.#stale = true;
    await this.#attach();
    this.#curves = withPoint(this.#curves, engine.step, loss);
    return taken;
  }

  /** Looks at all points, and notes the loss of those for testing. */
  async #judge(): Promise<void> {
    const { testLoss, accuracy } = await this.#run().judge();
    this.#scores = accuracy;
    this.#curves = withTest(this.#curves, testLoss);
  }

  /** At rest: takes the fingerprint, judges, and reports, though weights of a training that fails may be beyond judgement. */
  async #settle(): Promise<void> {
    if (!this.#engine) return;
    try {
      // A step that fails has the trainer made anew.
      await this.#attach();
      this.#fingerprint = await fingerprint(this.#engine.training);
      await this.#judge();
    } finally {
      this.#stale = true;
      this.#report();
    }
  }

  /** Takes steps, and is at rest where one fails. */
  async #restIfFailed(take: () => Promise<void>): Promise<void> {
    try {
      await take();
    } catch (error) {
      await this.#settle().catch(() => {});
      throw error;
    }
  }

  /** Lets the painter draw the trainer in use, which an edit or a rewind makes anew. */
  async #attach(): Promise<void> {
    const [engine, painter] = [this.#engine, this.#painter];
    if (!engine || !painter || this.#drawn === engine.training) return;
    const { training } = engine;
    await painter.attach(training, engine.state.run, engine.points);
    this.#drawn = training;
    this.#stale = true;
    this.#context.emit({ kind: "plan", plan: engine.training.plan });
  }

  #report(): void {
    const { state, reached } = this.#run();
    this.#context.emit({
      kind: "status",
      status: {
        run: this.#number,
        state,
        reached,
        running: this.#running,
        curves: this.#curves,
        accuracy: this.#scores,
        samplesPerSecond: this.#samplesPerSecond,
        framesPerSecond: this.#running ? this.#frames.rate : undefined,
        fingerprint: this.#fingerprint,
      },
    });
  }

  #resting(): boolean {
    const busy = this.#running || this.#replaying;
    return this.#drawing >= PICTURES_AHEAD || (busy && performance.now() < this.#nextPicture);
  }

  /** At the display's rate: draws what has changed. */
  #frame = (): void => {
    if (this.#closed) return;
    requestAnimationFrame(this.#frame);
    // At full speed a slice of training is longer than a frame: the parameters change between two of its submits.
    const changing = this.#stale || (this.#running && this.#speed === "full");
    const drawable = this.#painter !== undefined && this.#drawn === this.#engine?.training;
    if (!drawable || !(this.#stale || this.#drawing)) this.#release();
    if (!changing || this.#resting() || !this.#painter || !drawable) return;
    this.#stale = false;
    this.#drawing += 1;
    const began = performance.now();
    const done = () => {
      this.#drawing -= 1;
      const time = performance.now() - began;
      const slow = time > SLOW_PICTURE || !this.#context.device;
      this.#nextPicture = slow ? began + Math.max(CPU_REST, Math.min(REST * time, LONGEST_REST)) : 0;
    };
    this.#painter.draw().then(done, done);
    const frames = this.#frames;
    frames.count += 1;
    const elapsed = performance.now() - frames.since;
    if (elapsed > 1000) this.#frames = { count: 0, since: performance.now(), rate: (1000 * frames.count) / elapsed };
  };
}
