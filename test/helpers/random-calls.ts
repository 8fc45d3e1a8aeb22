import { NumericError } from "../../src/errors.ts";
import { adam, sgd } from "../../src/model/optimizer.ts";
import { uniform01 } from "../../src/model/random.ts";
import type { Dataset, Fit, ReferenceTrainer, Report, Trainer, TrainerOptions } from "../../src/run/types.ts";
import { random } from "./gpu.ts";
import { COLUMNS, estimator } from "./training.ts";
import { turns } from "./turns.ts";

/** Sequences of calls drawn with a seed, and what comes of them: made at the same time, or one after another. */

export type Either = Trainer | ReferenceTrainer;

/** Outputs of the network. */
const OUTPUTS = 4;

const rowsOf = (rows: number, seed: number): Dataset => ({
  inputs: random(rows * COLUMNS, seed),
  targets: random(rows * OUTPUTS, seed + 1),
});

/** Rows at first, and room for more. */
const [ROWS, CAPACITY] = [22, 28];

const momentum = (learningRate: number, mu = 0.9) => sgd({ learningRate, momentum: mu });

/** A tiny network with state of its optimizer, by shaders that other tests compile too; three batches an epoch, the last partial. */
export const tiny: TrainerOptions = {
  ...estimator,
  optimizer: momentum(0.05),
  data: rowsOf(ROWS, 1),
  capacity: CAPACITY,
  // More than the units of a layer, as in the shaders of others.
  batch: 9,
};

const layers = {
  W1: 8 * COLUMNS,
  b1: 8,
  W2: OUTPUTS * 8,
  b2: OUTPUTS,
} as const;

/** When the signal of a fit is aborted: before the call, right after it or in a while, so many turns of promises or of the loop. */
export type Abort =
  | { readonly when: "before" | "after" }
  | { readonly when: "turns" | "timers"; readonly count: number };

/** A call, as data. */
export type Call =
  | { readonly call: "step"; readonly steps: unknown }
  | {
      readonly call: "fit";
      readonly epochs: number;
      /** How it is consumed: awaited, iterated, or iterated and left after a report. */
      readonly by: "await" | "iterate" | "break";
      readonly abort?: Abort;
    }
  | { readonly call: "parameters" }
  | { readonly call: "setParameters"; readonly what: string; readonly seed: number }
  | { readonly call: "setOptimizer"; readonly what: "same" | "kind" | "schedule" | "nonsense"; readonly rate: number }
  | { readonly call: "setData" | "evaluate"; readonly what: string; readonly rows: number }
  | { readonly call: "read"; readonly name: string }
  | { readonly call: "save"; readonly optimizer: boolean; readonly note?: unknown }
  | { readonly call: "load"; readonly file: number; readonly cut: boolean }
  | { readonly call: "predict" | "probe"; readonly rows: number; readonly nan: boolean }
  | { readonly call: "dispose" };

/** Turns of promises and of the event loop that pass before a call. */
interface Gap {
  readonly promises: number;
  readonly timers: number;
}

/** Calls that are made without waiting for each other, but for the gaps. */
export type Group = readonly (Call & { readonly gap: Gap })[];

const readable = ["W1", "b2", "state_W1", "state_b2", "control", "ring", "order", "dz1", "X", "Y", "h9", "gW1"];

/** The groups of calls of a seed. */
export function callsOf(seed: number): readonly Group[] {
  let drawn = 0;
  const chance = () => uniform01(seed, 5, drawn++);
  const below = (count: number) => Math.floor(chance() * count);
  const one = <T>(of: readonly T[]): T => of[below(of.length)] as T;

  const draw = (last: boolean): Call => {
    const kind = one([
      ..."step step step step fit fit parameters setParameters setParameters setParameters setOptimizer setData".split(
        " ",
      ),
      ..."read read save save load load evaluate predict probe".split(" "),
    ] as const);
    switch (kind) {
      case "step":
        return { call: kind, steps: one([undefined, 1, 2, 3, 5, 1, 2, 0, "2"]) };
      case "fit": {
        const abort = one<Abort | undefined>([
          undefined,
          undefined,
          undefined,
          { when: "before" },
          { when: "after" },
          { when: "turns", count: below(40) },
          { when: "timers", count: below(4) },
        ]);
        // The later epochs of one that other calls follow take their turns among those.
        const epochs = last ? 1 + below(3) : 1;
        if (!isMidway(abort))
          return { call: kind, epochs, by: one(["await", "iterate", "break"]), ...(abort && { abort }) };
        return { call: kind, epochs: last ? 3 * epochs : 1, by: "iterate", abort: abort as Abort };
      }
      case "setParameters": {
        const what = one(["all", "all", "some", "some", "huge", "huge", "none", "unknown", "short", "nan"]);
        return { call: kind, what, seed: below(1000) };
      }
      case "setOptimizer":
        return {
          call: kind,
          what: one(["same", "same", "kind", "schedule", "nonsense"] as const),
          rate: 0.01 + 0.1 * chance(),
        };
      case "setData":
      case "evaluate":
        return {
          call: kind,
          what: one(["good", "good", "good", "columns", "nan"]),
          rows: 1 + below(CAPACITY + 2),
        };
      case "read":
        return { call: kind, name: one(readable) };
      case "save":
        return { call: kind, optimizer: chance() < 0.8, ...one([{}, {}, { note: "kept" }, { note: 5 }]) };
      case "load":
        return { call: kind, file: below(8), cut: chance() < 0.2 };
      case "predict":
      case "probe":
        return { call: kind, rows: below(6), nan: chance() < 0.2 };
      default:
        return { call: "parameters" };
    }
  };
  const gap = (): Gap => {
    const kind = chance();
    if (kind < 0.6) return { promises: 0, timers: 0 };
    return kind < 0.85 ? { promises: 1 + below(12), timers: 0 } : { promises: 0, timers: 1 + below(2) };
  };
  const groups = Array.from({ length: 1 + below(3) }, () => {
    const count = 1 + below(4);
    return Array.from({ length: count }, (_, index) => ({ ...draw(index === count - 1), gap: gap() }));
  });
  if (chance() < 0.06) {
    const calls = one(groups);
    calls.splice(below(calls.length), 0, { call: "dispose", gap: gap() });
  }
  return groups;
}

/** What a call gave, without its times. */
export type Outcome = { readonly value: unknown } | { readonly error: string };

/** What all calls gave, in their order, and then an epoch and the file after it. */
export interface Run {
  readonly outcomes: readonly Outcome[];
  /** Steps that a fit which was aborted midway took, by the index of its call. */
  readonly taken: ReadonlyMap<number, number>;
  /** The index of the call of `dispose`, and of the first one that was not over before it; infinite where there is none. */
  readonly disposed: { readonly at: number; readonly from: number };
}

const untimed = ({ seconds: _, samplesPerSecond: __, ...report }: Report) => report;

const outcomeOf = (work: Promise<unknown>): Promise<Outcome> =>
  work.then(
    (value) => ({ value }),
    (error) => ({ error: error instanceof NumericError ? `${error} (${error.step}, ${error.tensor})` : String(error) }),
  );

const isMidway = (abort: Abort | undefined) => abort?.when === "turns" || abort?.when === "timers";

async function pass({ promises, timers }: Gap): Promise<void> {
  for (let i = 0; i < promises; i++) await Promise.resolve();
  for (let i = 0; i < timers; i++) await turns();
}

function parametersFor(what: string, seed: number): Record<string, Float32Array> {
  const all = Object.fromEntries(
    Object.entries(layers).map(([name, size], index) => [name, random(size, seed + index, 0.5)]),
  );
  const { W2 = new Float32Array(), b2 = new Float32Array() } = all;
  switch (what) {
    case "all":
      return all;
    case "some":
      return { W2 };
    case "huge":
      return { b2: b2.fill(seed % 2 === 0 ? 3e38 : -1e25) };
    case "none":
      return {};
    case "unknown":
      return { W2, W3: b2 };
    case "short":
      return { b2, W2: W2.subarray(1) };
    default:
      return { b2, W1: new Float32Array(layers.W1).fill(Number.NaN, 5, 6) };
  }
}

function optimizerFor(what: string, rate: number) {
  if (what === "kind") return adam({ learningRate: rate });
  if (what === "schedule") return sgd({ learningRate: rate });
  const same = momentum(rate, 0.5 + rate);
  return what === "same" ? same : { ...same, momentum: 7 };
}

function dataFor(what: string, rows: number): { inputs: Float32Array; targets: Float32Array } {
  const { inputs, targets } = rowsOf(rows, 10 + rows) as { inputs: Float32Array; targets: Float32Array };
  if (what === "nan") targets[0] = Number.NaN;
  return { inputs: what === "columns" ? inputs.subarray(1) : inputs, targets };
}

/** Overwrites what a call was given, which must have been copied. */
const spoil = (...given: readonly (Float32Array | Uint8Array)[]) => {
  for (const values of given) values.fill(77);
};

/**
 * Makes a call.
 * @param files that may be loaded
 * @param taken takes the steps of a fit that is aborted midway
 */
function make(
  trainer: Either,
  call: Call,
  files: readonly Uint8Array<ArrayBuffer>[],
  taken: (steps: number) => void,
): Promise<unknown> {
  // Methods may be taken off the object.
  const { step, parameters, setParameters, setOptimizer, setData, read, save, load, evaluate, predict, probe } =
    trainer;
  switch (call.call) {
    case "step":
      return step(call.steps as number).then(untimed);
    case "fit":
      return makeFit(trainer, call, taken);
    case "parameters":
      return parameters();
    case "setParameters": {
      const given = parametersFor(call.what, call.seed);
      const work = setParameters(given);
      spoil(...Object.values(given));
      return work;
    }
    case "setOptimizer":
      return setOptimizer(optimizerFor(call.what, call.rate));
    case "setData":
    case "evaluate": {
      const given = dataFor(call.what, call.rows);
      const work = call.call === "setData" ? setData(given) : evaluate(given);
      spoil(given.inputs, given.targets);
      return work;
    }
    case "read":
      // Lines of the ring that are yet to be written, and rows that there is room for, hold what another sequence left there.
      return read(call.name).then((value) => (["ring", "X", "Y"].includes(call.name) ? value.shape : value));
    case "save":
      return save({ optimizer: call.optimizer, ...("note" in call && { metadata: { note: call.note as string } }) });
    case "load": {
      const file = (files[call.file % files.length] as Uint8Array<ArrayBuffer>).slice();
      const given = call.cut ? file.subarray(0, 100) : file;
      const work = load(given);
      spoil(given);
      return work;
    }
    case "predict":
    case "probe": {
      const given = random(call.rows * COLUMNS, 40 + call.rows);
      if (call.nan) given[1] = Number.NaN;
      if (call.call === "predict") {
        const work = predict(given);
        spoil(given);
        return work;
      }
      const work = (probe as Trainer["probe"])(given).then((made) => {
        made.run();
        made.dispose();
        return made.rows;
      });
      spoil(given);
      return work;
    }
    case "dispose":
      trainer.dispose();
      return Promise.resolve();
  }
}

async function makeFit(
  trainer: Either,
  { epochs, by, abort }: Extract<Call, { call: "fit" }>,
  taken: (steps: number) => void,
): Promise<unknown> {
  const controller = new AbortController();
  if (abort?.when === "before") controller.abort();
  const training: Fit<Report> = trainer.fit({ epochs, ...(abort && { signal: controller.signal }) });
  const consume = async () => {
    if (by === "await") return untimed(await training);
    const reports: Partial<Report>[] = [];
    for await (const report of training) {
      reports.push(untimed(report));
      if (by === "break") break;
    }
    return reports;
  };
  const work = consume();
  if (abort?.when === "after") controller.abort();
  if (!isMidway(abort)) return work;
  const { when, count } = abort as Extract<Abort, { count: number }>;
  void pass(when === "turns" ? { promises: count, timers: 0 } : { promises: 0, timers: count }).then(() =>
    controller.abort(),
  );
  const steps = ((await work) as Report[]).reduce((sum, report) => sum + report.steps, 0);
  taken(steps);
  return steps;
}

/**
 * Makes the calls on a trainer that stands where it began.
 * @param first the file of that
 * @param taken steps that each fit which is to be aborted midway takes, by the index of its call; if given, each call waits for the
 *   one before
 */
export async function run(
  trainer: Either,
  groups: readonly Group[],
  first: Uint8Array<ArrayBuffer>,
  taken?: ReadonlyMap<number, number>,
): Promise<Run> {
  const outcomes: Outcome[] = [];
  const found = new Map<number, number>();
  const files = [first];
  let disposed = { at: Number.POSITIVE_INFINITY, from: Number.POSITIVE_INFINITY };
  let from = 0;
  for (const group of groups) {
    const known = files.slice();
    const pending: Promise<Outcome>[] = [];
    for (const [place, { gap, ...call }] of group.entries()) {
      const index = from + place;
      if (!taken) await pass(gap);
      if (call.call === "dispose") disposed = { at: index, from };
      const work = taken
        ? remake(trainer, call, known, taken.get(index))
        : make(trainer, call, known, (steps) => found.set(index, steps));
      const outcome = outcomeOf(work);
      pending.push(outcome);
      if (taken) await outcome;
    }
    for (const outcome of await Promise.all(pending)) {
      outcomes.push(outcome);
      const value = "value" in outcome && outcome.value;
      if (value instanceof Uint8Array) files.push(value as Uint8Array<ArrayBuffer>);
    }
    from += group.length;
  }
  // What only shows as training goes on.
  outcomes.push(await outcomeOf(make(trainer, { call: "fit", epochs: 1, by: "await" }, files, () => {})));
  outcomes.push(await outcomeOf(trainer.save()));
  return { outcomes, taken: found, disposed };
}

/** A call as it was made at another time. @param steps that a fit took which was aborted midway */
async function remake(
  trainer: Either,
  call: Call,
  files: readonly Uint8Array<ArrayBuffer>[],
  steps: number | undefined,
) {
  if (call.call !== "fit" || !isMidway(call.abort)) return make(trainer, call, files, () => {});
  // It failed before it was aborted.
  if (steps === undefined) return make(trainer, { call: "fit", epochs: call.epochs, by: "iterate" }, files, () => {});
  if (steps > 0) await trainer.step(steps);
  return steps;
}

/** Brings a trainer back to where it began. */
export async function reset(trainer: Either, first: Uint8Array<ArrayBuffer>): Promise<void> {
  await Promise.all([trainer.setData(tiny.data), trainer.setOptimizer(tiny.optimizer), trainer.load(first)]);
}
