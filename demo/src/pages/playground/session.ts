import { NumericError } from "chainrule";
import type { Context, OpenSession, Session } from "../../worker/session.ts";
import { takeTurns } from "../../worker/turns.ts";
import type { PlaygroundContract, Recovery, Speed } from "./contract.ts";
import { Engine, type Judgement } from "./engine.ts";
import { Meter } from "./meter.ts";
import type { LiveOptions, PlaygroundState } from "./options.ts";
import { Picture } from "./picture.ts";
import { type Played, play, replay } from "./playback.ts";
import { lowered, soundSteps } from "./recovery.ts";

type Methods = PlaygroundContract["methods"];

export const open: OpenSession<PlaygroundContract> = (context) => new PlaygroundSession(context);

/** Takes the page's calls in turn. What is drawn, measured and taken in slices is elsewhere. */
class PlaygroundSession implements Session<PlaygroundContract> {
  readonly methods: Methods;
  readonly #context: Context<PlaygroundContract>;
  readonly #inTurn = takeTurns();
  readonly #picture: Picture;
  readonly #meter = new Meter();
  readonly #played: Played;
  #engine: Engine | undefined;
  /** What could not be begun, until something is. */
  #failed: { readonly state: PlaygroundState; readonly run: number } | undefined;
  /** Of the run, as the page counts, and of the one that it wants. */
  #number = 0;
  #wanted = 0;
  #running = false;
  #speed: Speed = "full";
  #loop: Promise<void> = Promise.resolve();
  /** Whether steps are taken that were taken before. */
  #replaying = false;
  /** Ends the replay that is under way, or waits for its turn. */
  #replay = new AbortController();
  #closed = false;

  constructor(context: Context<PlaygroundContract>) {
    this.#context = context;
    const { device, emit } = context;
    this.#picture = new Picture({
      device,
      subject: () => this.#engine && { engine: this.#engine, run: this.#number },
      busy: () => this.#running || this.#replaying,
      // At full speed a slice of training is longer than a frame: the parameters change between two of its submits.
      changing: () => this.#running && this.#speed === "full",
      onRun: (run) => emit({ kind: "drawn", run }),
    });
    this.#played = {
      gpu: device !== undefined,
      take: (steps) => this.#steps(steps),
      judge: () => this.#meter.judge(this.#run()),
    };
    this.methods = {
      show: (canvases, view) =>
        this.#turn(async () => {
          await this.#picture.show(canvases, view);
          await this.#attach();
        }),
      view: (view) => this.#picture.view(view),
      begin: (state, run) => {
        this.#wanted = run;
        return this.#anew((end) => this.#begin(state, run, end));
      },
      play: (speed) => this.#turn(async () => this.#play(speed)),
      pause: () => this.#anew(async () => void (await this.#settle())),
      advance: (steps) => this.#turn(() => this.#advance(steps)),
      rewind: (step) => this.#anew(async (end) => void (await this.#goTo(step, end))),
      edit: (change) => this.#turn((running) => this.#edit(change, running)),
      recover: () => this.#anew((end) => this.#recover(end)),
      save: () => this.#turn((running) => this.#save(running)),
    };
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#running = false;
    this.#picture.close();
    return this.#anew(async () => {
      this.#picture.dispose();
      this.#engine?.dispose();
    });
  }

  settled(): Promise<void> {
    return this.#picture.settled();
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

  /** Of runs that are wanted one after the other, the last alone is begun, but for one that is under way. */
  async #begin(state: PlaygroundState, run: number, end: AbortSignal): Promise<void> {
    if (run !== this.#wanted) return;
    this.#failed = { state, run };
    const engine = await Engine.begin(this.#context.device, state);
    this.#failed = undefined;
    if (run !== this.#wanted) return engine.dispose();
    this.#engine?.dispose();
    this.#engine = engine;
    this.#number = run;
    this.#meter.clear();
    await this.#goTo(state.step, end);
  }

  #play(speed: Speed): void {
    this.#running = true;
    this.#speed = speed;
    this.#meter.start();
    this.#picture.startCounting();
    const playing = play({
      ...this.#played,
      speed,
      running: () => this.#running,
      report: () => this.#report(),
    });
    this.#loop = playing.catch(async (error) => {
      this.#running = false;
      if (!this.#closed) this.#context.fail(error);
      await this.#settle().catch(() => {});
    });
  }

  async #advance(steps: number): Promise<void> {
    await this.#restIfFailed(async () => {
      for (let left = steps; left > 0; ) left -= await this.#steps(left);
    });
    await this.#settle();
  }

  /** Goes to a step, unless it is told to end: then whoever told so goes on from the step reached. */
  async #goTo(step: number, end: AbortSignal): Promise<Judgement | undefined> {
    const engine = this.#run();
    await engine.restore(step);
    await this.#attach();
    this.#meter.goTo(engine.step);
    this.#replaying = true;
    try {
      await this.#restIfFailed(() =>
        replay({
          ...this.#played,
          to: step,
          end,
          step: () => engine.step,
          report: (from, seconds) => {
            const at = { run: this.#number, step: engine.step, from, to: step, seconds };
            this.#context.emit({ kind: "replay", replay: at });
          },
        }),
      );
    } finally {
      this.#replaying = false;
    }
    return end.aborted ? undefined : this.#settle();
  }

  /** Training that runs goes on with the new options. */
  async #edit(change: Partial<LiveOptions>, running: boolean): Promise<void> {
    if (this.#failed) {
      const { state, run } = this.#failed;
      const live = { ...state.live, ...change };
      return this.#begin({ run: state.run, live, edits: [], step: 0 }, run, this.#replay.signal);
    }
    const engine = this.#run();
    await engine.edit(change);
    await this.#attach();
    this.#meter.goTo(engine.step);
    if (!running) {
      await this.#settle();
      return;
    }
    // Never shown at rest in between, with weights that are about to change.
    this.#play(this.#speed);
    this.#report();
  }

  /** Weights that have grown too large stay so with any rate: it goes back to where they had not. */
  async #recover(end: AbortSignal): Promise<Recovery | undefined> {
    const engine = this.#run();
    const [from, { rate }, { curves }] = [engine.step, engine.live, this.#meter];
    for (const step of soundSteps(curves)) {
      const found = await this.#goTo(step, end).catch((error) => {
        if (!(error instanceof NumericError) || step === 0) throw error;
        return undefined;
      });
      if (end.aborted) return undefined;
      if (!found || (step > 0 && !(found.loss <= (curves.train[0] ?? 0)))) continue;
      const after = lowered(rate);
      await this.#edit({ rate: after }, false);
      return { from, step, loss: found.loss, rates: [rate, after] };
    }
    return undefined;
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

  /** Takes at most `steps` steps. @returns how many */
  async #steps(steps: number): Promise<number> {
    const engine = this.#run();
    const report = await engine.advance(steps);
    this.#picture.markStale();
    await this.#attach();
    this.#meter.add(engine.step, report);
    return report.steps;
  }

  /** At rest: takes the fingerprint, judges, and reports, though weights of a training that fails may be beyond judgement. */
  async #settle(): Promise<Judgement | undefined> {
    if (!this.#engine) return undefined;
    try {
      // A step that fails has the trainer made anew.
      await this.#attach();
      return await this.#meter.settle(this.#engine);
    } finally {
      this.#picture.markStale();
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

  async #attach(): Promise<void> {
    if (await this.#picture.attach()) this.#context.emit({ kind: "plan", plan: this.#run().training.plan });
  }

  #report(): void {
    const { state, reached } = this.#run();
    const framesPerSecond = this.#running ? this.#picture.framesPerSecond : undefined;
    this.#context.emit({
      kind: "status",
      status: { run: this.#number, state, reached, running: this.#running, ...this.#meter.shown, framesPerSecond },
    });
  }
}
