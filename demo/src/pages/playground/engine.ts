import { type Dataset, type Device, dense, NumericError, type Report, type TrainerOptions } from "chainrule";
import { networkOf, optimizerOf } from "../../network.ts";
import { createTraining, type Training } from "../../worker/training.ts";
import type { Scores } from "./contract.ts";
import { type Edit, type LiveOptions, liveAt, type PlaygroundState, type RunOptions } from "./options.ts";
import { type Point, type Points, pointsOf } from "./points.ts";

/** A moment of the run to which it can return. */
interface Snapshot {
  readonly step: number;
  readonly base: number;
  readonly live: LiveOptions;
  readonly file: Uint8Array<ArrayBuffer>;
}

/** Most snapshots that are kept, at a few kilobytes each. */
const MOST_SNAPSHOTS = 48;

/** Least time in ms between two snapshots. */
const SNAPSHOT_INTERVAL = 400;

/** How well the network does on all points. */
export interface Judgement {
  /** Mean over the points to train on. */
  readonly loss: number;
  readonly testLoss: number | undefined;
  readonly accuracy: Scores;
}

/**
 * A run that can go back to any earlier step. Everything follows from the state: the same seed gives the same first weights and
 * rows, logged edits are made again at their steps, and the sums of a step do not depend on how steps are split into calls. So a
 * snapshot and the steps after it give the very bits that were there before.
 */
export class Engine {
  readonly points: Points;
  readonly #device: Device | undefined;
  readonly #run: RunOptions;
  #initial: LiveOptions;
  #edits: readonly Edit[];
  #training: Training;
  /** Options that the trainer was made with. */
  #live: LiveOptions;
  /** Steps before the trainer's own first: a new kind of optimizer counts anew. */
  #base = 0;
  #step = 0;
  #reached: number;
  #snapshots: Snapshot[] = [];
  #lastSnapshot = 0;

  private constructor(
    device: Device | undefined,
    { run, live, edits }: PlaygroundState,
    training: Training,
    points: Points,
  ) {
    this.#device = device;
    this.#run = run;
    this.#initial = live;
    this.#edits = edits;
    this.#training = training;
    this.#live = live;
    // An address tells no step beyond its own, but there was one at each edit.
    this.#reached = edits.at(-1)?.step ?? 0;
    this.points = points;
  }

  /** Makes a run at step 0. @throws ModelError, DataError, DeviceError */
  static async begin(device: Device | undefined, state: PlaygroundState): Promise<Engine> {
    const points = pointsOf(state.run);
    const training = await createTraining(device, optionsOf(state.run, state.live, points));
    const engine = new Engine(device, state, training, points);
    await engine.#snapshot();
    return engine;
  }

  get training(): Training {
    return this.#training;
  }

  get live(): LiveOptions {
    return liveAt(this.state, this.#step);
  }

  get step(): number {
    return this.#step;
  }

  get reached(): number {
    return this.#reached;
  }

  get state(): PlaygroundState {
    return { run: this.#run, live: this.#initial, edits: this.#edits, step: this.#step };
  }

  /** Takes at most `steps` steps, up to the next logged edit, or to the one that fails. @throws NumericError, DeviceError */
  async advance(steps: number): Promise<Report> {
    await this.#use(this.live);
    const next = this.#edits.find(({ step }) => step > this.#step);
    const taken = Math.min(steps, (next?.step ?? Number.POSITIVE_INFINITY) - this.#step);
    const report = await this.#training.step(taken).catch((error) => this.#stopBefore(error));
    this.#step += report.steps;
    this.#reached = Math.max(this.#reached, this.#step);
    if (performance.now() - this.#lastSnapshot > SNAPSHOT_INTERVAL) await this.#snapshot();
    return report;
  }

  /** Goes back to the last snapshot at or before a step; the steps from there on are taken by `advance`. */
  async restore(step: number): Promise<void> {
    const snapshot = this.#lastBefore(step);
    if (this.#step <= step && this.#step >= snapshot.step) return;
    await this.#goBack(snapshot);
  }

  /** Changes options from the next step on and forgets what was logged after this one. At step 0 they are what it begins with. */
  async edit(change: Partial<LiveOptions>): Promise<void> {
    const live = { ...this.live, ...change };
    if (this.#step === 0) return this.#beginWith(live);
    await this.#use(live);
    this.#edits = [...this.#edits.filter(({ step }) => step < this.#step), { step: this.#step, live }];
    this.#snapshots = this.#snapshots.filter(({ step }) => step <= this.#step);
    this.#reached = this.#step;
  }

  /** Mean loss over all points, and the share on the right side. */
  async judge(): Promise<Judgement> {
    const train = await this.#score(this.points.train);
    const test = this.points.test.length > 0 ? await this.#score(this.points.test) : undefined;
    return { loss: train.loss, testLoss: test?.loss, accuracy: { train: train.accuracy, test: test?.accuracy } };
  }

  dispose(): void {
    this.#training.dispose();
  }

  async #beginWith(live: LiveOptions): Promise<void> {
    if (!(await this.#setNumbers(live))) await this.#make(live);
    this.#initial = live;
    this.#edits = [];
    this.#snapshots = [];
    this.#base = 0;
    this.#reached = 0;
    await this.#snapshot();
  }

  async #score(points: readonly Point[]): Promise<{ loss: number; accuracy: number }> {
    const data = datasetOf(points, this.#run);
    const { loss, accuracy } = await this.#training.evaluate(data);
    if (accuracy !== undefined) return { loss, accuracy };
    const { outputs } = await this.#training.predict(data.inputs);
    const hits = points.filter(({ label }, i) => (outputs[i] ?? 0) > 0 === (label === 1)).length;
    return { loss, accuracy: hits / points.length };
  }

  /** Lets training go on with other options. Of edits at one step the last alone counts: it begins with what the step was reached with. */
  async #use(live: LiveOptions): Promise<void> {
    if (same(live, this.#live)) return;
    const reached = await this.#snapshot();
    if (await this.#setNumbers(live)) return;
    if (!same(reached.live, this.#live)) await this.#goBack(reached);
    if (same(live, this.#live)) return;
    const kept = live.optimizer === this.#live.optimizer;
    await this.#make(live, await this.#training.save({ optimizer: kept }));
    if (!kept) this.#base = this.#step;
  }

  /** Has the trainer go on with other numbers of its optimizer, for which nothing is compiled. @returns whether that is all there is to do */
  async #setNumbers(live: LiveOptions): Promise<boolean> {
    const { optimizer, batch, decay } = this.#live;
    // A plan that decays is another one.
    if (live.optimizer !== optimizer || live.batch !== batch || live.decay > 0 !== decay > 0) return false;
    await this.#training.setOptimizer(optimizerOf(live));
    this.#live = live;
    return true;
  }

  /**
   * Goes to where a step failed, by the steps before it: a trainer that has halted tells Adam's bias corrections of that step only
   * almost.
   * @throws the error
   */
  async #stopBefore(error: unknown): Promise<never> {
    if (error instanceof NumericError && error.step > 0) {
      const last = this.#base + error.step - 1;
      await this.#goBack(this.#lastBefore(last));
      while (this.#step < last) await this.advance(last - this.#step);
    }
    throw error;
  }

  /** The last snapshot at or before a step. */
  #lastBefore(step: number): Snapshot {
    const snapshot = this.#snapshots.findLast((one) => one.step <= step);
    if (!snapshot) throw new Error("playground: there is always a snapshot of step 0");
    return snapshot;
  }

  async #goBack({ step, base, live, file }: Snapshot): Promise<void> {
    await this.#make(live, file);
    this.#base = base;
    this.#step = step;
  }

  /** @param file what to go on from; the first weights if undefined */
  async #make(live: LiveOptions, file?: Uint8Array<ArrayBuffer>): Promise<void> {
    const made = await createTraining(this.#device, optionsOf(this.#run, live, this.points));
    try {
      if (file) await made.load(file);
    } catch (error) {
      made.dispose();
      throw error;
    }
    this.#training.dispose();
    this.#training = made;
    this.#live = live;
  }

  /** @returns the snapshot of this step: what it was reached with, before its edit */
  async #snapshot(): Promise<Snapshot> {
    this.#lastSnapshot = performance.now();
    const found = this.#snapshots.find(({ step }) => step === this.#step);
    if (found) return found;
    const made = { step: this.#step, base: this.#base, live: this.#live, file: await this.#training.save() };
    this.#snapshots.push(made);
    this.#snapshots.sort((a, b) => a.step - b.step);
    // Every other one goes, but never step 0, nor this one.
    if (this.#snapshots.length > MOST_SNAPSHOTS) {
      this.#snapshots = this.#snapshots.filter((one, i) => i % 2 === 0 || one === made);
    }
    return made;
  }
}

const same = (a: LiveOptions, b: LiveOptions): boolean =>
  a.optimizer === b.optimizer && a.rate === b.rate && a.decay === b.decay && a.batch === b.batch;

function optionsOf(run: RunOptions, live: LiveOptions, { train }: Points): TrainerOptions {
  const { layers, activation, loss, seed } = run;
  const output = loss === "crossEntropy" ? dense(2) : dense(1, "tanh");
  return {
    model: networkOf(layers, activation, output),
    loss: loss === "crossEntropy" ? "softmaxCrossEntropy" : "halfSquaredError",
    optimizer: optimizerOf(live),
    data: datasetOf(train, run),
    batch: Math.min(live.batch, train.length),
    seed,
  };
}

const datasetOf = (points: readonly Point[], { loss }: RunOptions): Dataset => ({
  inputs: points.flatMap(({ x, y }) => [x, y]),
  targets: points.map(({ label }) => (loss === "crossEntropy" ? label : 2 * label - 1)),
});
