import { HALTED, RECORD_WORDS, RING_RECORDS, SKIPPED } from "../kernels/control.ts";
import type { Loss } from "../model/loss.ts";
import type { Report } from "./types.ts";

/** One line of the ring of metrics: the sums of one step. */
export interface StepRecord {
  readonly loss: number;
  readonly penalty: number;
  readonly hits: number;
  readonly rows: number;
  readonly step: number;
  readonly halted: boolean;
  readonly skipped: boolean;
  readonly learningRate: number;
  readonly epoch: number;
}

/** Bytes of the ring. */
export const RING_BYTES = 4 * RECORD_WORDS * RING_RECORDS;

/** The ring's line for step t ≥ 1. */
export const decodeRecord = (words: Uint32Array<ArrayBuffer>, step: number): StepRecord =>
  recordOf(words, floatsOf(words), step);

const floatsOf = ({ buffer, byteOffset, length }: Uint32Array<ArrayBuffer>) =>
  new Float32Array(buffer, byteOffset, length);

/** @param floats the same memory as `words` */
function recordOf(words: Uint32Array<ArrayBuffer>, floats: Float32Array<ArrayBuffer>, step: number): StepRecord {
  const at = ((step - 1) % RING_RECORDS) * RECORD_WORDS;
  const word = (index: number) => words[at + index] ?? 0;
  const float = (index: number) => floats[at + index] ?? 0;
  return {
    loss: float(0),
    penalty: float(1),
    hits: word(2),
    rows: word(3),
    step: word(4),
    halted: (word(5) & HALTED) !== 0,
    skipped: word(5) === SKIPPED,
    learningRate: float(6),
    epoch: word(7),
  };
}

/** Sums over steps, in double precision. */
export interface Totals {
  loss: number;
  penalty: number;
  hits: number;
  rows: number;
  steps: number;
  skipped: number;
  last: StepRecord | undefined;
}

export const emptyTotals = (): Totals => ({
  loss: 0,
  penalty: 0,
  hits: 0,
  rows: 0,
  steps: 0,
  skipped: 0,
  last: undefined,
});

/** Adds one step. */
export function addRecord(totals: Totals, record: StepRecord): void {
  totals.loss += record.loss;
  totals.penalty += record.penalty;
  totals.hits += record.hits;
  totals.rows += record.rows;
  totals.steps += 1;
  totals.skipped += record.skipped ? 1 : 0;
  totals.last = record;
}

/** Adds the sums of steps `first` to `last`. @returns the first step that halted, which it does not add */
export function addRecords(
  totals: Totals,
  words: Uint32Array<ArrayBuffer>,
  first: number,
  last: number,
): StepRecord | undefined {
  // One view for all: made for each record, views would take longer than a tiny network's step.
  const floats = floatsOf(words);
  for (let step = first; step <= last; step++) {
    const record = recordOf(words, floats, step);
    if (record.halted) return record;
    addRecord(totals, record);
  }
  return undefined;
}

/** Averages per sample over the steps. @param seconds wall-clock time that they took */
export function summarize(totals: Totals, loss: Loss, seconds: number): Report {
  const { rows, last } = totals;
  return {
    step: last?.step ?? 0,
    epoch: (last?.epoch ?? 0) + 1,
    steps: totals.steps,
    rows,
    loss: totals.loss / rows,
    penalty: totals.penalty / rows,
    objective: (totals.loss + totals.penalty) / rows,
    accuracy: loss === "softmaxCrossEntropy" ? totals.hits / rows : undefined,
    skipped: totals.skipped,
    learningRate: last?.learningRate ?? 0,
    seconds,
    samplesPerSecond: rows / seconds,
  };
}
