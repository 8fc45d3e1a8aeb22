import { expect } from "vitest";
import type { BeginVariant } from "../../src/kernels/begin.ts";
import {
  type ControlValues,
  controlNames,
  initialControl,
  RECORD_WORDS,
  RING_RECORDS,
} from "../../src/kernels/control.ts";
import { reduceGroup } from "../../src/kernels/record.ts";
import { adam, sgd } from "../../src/model/optimizer.ts";
import { cosine, type Schedule, stepDecay } from "../../src/model/schedule.ts";
import { expectClose, gamma, UNIT_ROUNDOFF, type Words } from "./compare.ts";
import { type Case, controlOf, inDouble, type Outcome, random, runOnCpu } from "./gpu.ts";
import { decodeRecord } from "./record.ts";
import { groupRoundings } from "./tolerances.ts";

/** What stands between two steps, and how it is compared with the twin. */

const rate = 0.1;
const schedules: Readonly<Record<Schedule["kind"], Schedule>> = {
  constant: sgd({ learningRate: rate }).schedule,
  step: stepDecay({ learningRate: rate, every: 3, factor: 0.7 }),
  cosine: cosine({ learningRate: rate, steps: 9, warmup: 3, finalLearningRate: 0.003 }),
};

/** What stands where nothing may be written. */
export const NONE = 0xabcdef01;

export interface Given {
  readonly batch: number;
  readonly dataRows?: number;
  readonly parts?: number;
  /** Invocations that sum; as many as plans take if left out. */
  readonly group?: number;
  readonly shuffle?: boolean;
  readonly closing?: boolean;
  readonly schedule?: Schedule["kind"];
  readonly decay?: BeginVariant["decay"];
  /** Fields of the control block as the step before left them. */
  readonly control?: Partial<ControlValues>;
  readonly losses?: readonly number[];
  readonly squares?: readonly number[];
}

/** A call after a step, or before the first. */
export function between(given: Given): Case<"begin"> {
  const { batch, dataRows = batch, parts = 0, shuffle = true, closing = false } = given;
  const { group = reduceGroup(Math.max(batch, parts)), schedule = "constant", decay = "per-batch" } = given;
  const optimizer = adam({ learningRate: schedules[schedule], weightDecay: 0.3, decay });
  const losses = given.losses ?? random(batch, 1).map(Math.abs);
  const values: Record<string, Words> = {
    ring: new Uint32Array(RING_RECORDS * RECORD_WORDS).fill(NONE),
    scores: Float32Array.from(Array.from(losses).flatMap((loss, i) => [loss, i % 3 === 0 ? 1 : 0])),
  };
  if (!closing) values.order = new Uint32Array(batch).fill(NONE);
  if (parts > 0) values.squares = Float32Array.from(given.squares ?? random(parts, 3).map(Math.abs));
  return {
    kernel: "begin",
    variant: { schedule, decay, penalty: parts > 0, group, shuffle, closing },
    dims: { rows: batch, parts },
    control: { ...initialControl({ optimizer, dataRows, batch, seed: 42 }), ...given.control },
    values,
  };
}

/** The twin's ring holds numbers where the GPU holds bits. */
export const runTwin = (given: Case<"begin">) =>
  runOnCpu(given, (values) => (values === given.values.ring ? new Float64Array(values.length) : inDouble(values)));

const lineOf = (step: number) => ((step - 1) % RING_RECORDS) * RECORD_WORDS;

/** Compares a call with its twin: the line of the step before, the control block of the next and its rows. */
export function expectTwinBetween(given: Case<"begin">, got: Outcome): void {
  const before = controlOf(given.control);
  const twin = runTwin(given);
  const ring = got.written.ring as Uint32Array<ArrayBuffer>;
  const at = before.step === 0 ? ring.length : lineOf(before.step);
  const others = Array.from(ring).filter((_, index) => index < at || index >= at + RECORD_WORDS);
  expect(others.every((word) => word === NONE)).toBe(true);
  if (before.step > 0) {
    const record = decodeRecord(ring, before.step);
    const [loss = 0, penalty = 0, ...rest] = [...(twin.written.ring ?? [])].slice(at, at + RECORD_WORDS);
    // Sums of positive numbers; the penalty meets two products more, and the twin rounds once.
    const terms = (n: number) => gamma(groupRoundings(n, given.variant.group) + 3);
    expectClose("L", [record.loss], [loss], terms(given.dims.rows) * loss);
    expectClose("s", [record.penalty], [penalty], terms(given.dims.parts) * penalty);
    const { hits, rows, step, halted, learningRate, epoch } = record;
    expect([hits, rows, step, Number(halted), learningRate, epoch]).toEqual(rest);
  }
  expectControl(got.control, twin.control);
  expect(got.written.order).toEqual(twin.written.order && Uint32Array.from(twin.written.order));
}

/** Rounded, but for the fields that are copied or whole; one step is no farther off than these few roundings. */
function expectControl(got: ControlValues, twin: ControlValues): void {
  const rounded = controlOf(twin);
  for (const name of controlNames) {
    const few = { learningRate: 16, correction1: 3, correction2: 3 }[name as string] ?? 0;
    expectClose(name, [got[name]], [rounded[name]], few * UNIT_ROUNDOFF * Math.abs(twin[name]));
  }
}

/** 1 − βᵗ as the recurrence c ← βc + (1 − β) gives it, with β and 1 − β rounded. */
const correction = (beta: number, step: number) => {
  const rounded = Math.fround(beta);
  return (Math.fround(1 - beta) * (1 - rounded ** step)) / (1 - rounded);
};

/** The control block in the midst of a training. */
export const midst = (step: number, batch: number, dataRows: number): Partial<ControlValues> => {
  const steps = Math.ceil(dataRows / batch);
  const start = ((step - 1) % steps) * batch;
  return {
    step,
    epoch: Math.floor((step - 1) / steps),
    start,
    rows: Math.min(batch, dataRows - start),
    // Of the step schedule; the others do not look back.
    learningRate: rate * 0.7 ** Math.floor((step - 1) / 3),
    decay: 0.3,
    correction1: correction(0.9, step),
    correction2: correction(0.999, step),
  };
};
