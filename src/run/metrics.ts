import { HALTED, RECORD_WORDS, SKIPPED } from "../kernels/control.ts";
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

const asFloats = ({ buffer, byteOffset, length }: Uint32Array<ArrayBuffer>) =>
  new Float32Array(buffer, byteOffset, length);

/**
 * A line of the ring.
 * @param floats the same memory as `words`
 * @param at where the line begins
 */
export function recordOf(words: Uint32Array<ArrayBuffer>, floats: Float32Array<ArrayBuffer>, at: number): StepRecord {
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

/** Adds the sums of steps, one line each. @returns the first step that halted, which it does not add */
export function addRecords(totals: Totals, lines: Uint32Array<ArrayBuffer>): StepRecord | undefined {
  // One view for all: made for each record, views would take longer than a tiny network's step.
  const floats = asFloats(lines);
  for (let at = 0; at < lines.length; at += RECORD_WORDS) {
    const record = recordOf(lines, floats, at);
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
    samplesPerSecond: seconds > 0 ? rows / seconds : 0,
  };
}
