import { describe, expect, it } from "vitest";
import { HALTED, RECORD_WORDS, RING_RECORDS, SKIPPED } from "../../../src/kernels/control.ts";
import { addRecord, addRecords, emptyTotals, summarize } from "../../../src/run/metrics.ts";
import { decodeRecord } from "../../helpers/record.ts";

const line = { loss: 2.5, penalty: 0.125, hits: 3, rows: 5, step: 7, halted: 0, learningRate: 0.5, epoch: 2 };

const RING_WORDS = RECORD_WORDS * RING_RECORDS;

/** A ring with one line written as the GPU does: numbers with a fraction as the bits of a float32. */
function ringWith(slot: number, values: typeof line): Uint32Array<ArrayBuffer> {
  const ring = new ArrayBuffer(4 * RING_WORDS);
  const view = new DataView(ring, 4 * RECORD_WORDS * slot);
  view.setFloat32(0, values.loss, true);
  view.setFloat32(4, values.penalty, true);
  view.setUint32(8, values.hits, true);
  view.setUint32(12, values.rows, true);
  view.setUint32(16, values.step, true);
  view.setUint32(20, values.halted, true);
  view.setFloat32(24, values.learningRate, true);
  view.setUint32(28, values.epoch, true);
  return new Uint32Array(ring);
}

describe("decodeRecord", () => {
  it("reads the line of a step", () => {
    expect(decodeRecord(ringWith(6, line), 7)).toEqual({ ...line, halted: false, skipped: false });
  });

  it("begins anew after the last line", () => {
    expect(decodeRecord(ringWith(RING_RECORDS - 1, line), RING_RECORDS).loss).toBe(2.5);
    expect(decodeRecord(ringWith(0, line), RING_RECORDS + 1).loss).toBe(2.5);
  });

  it("tells a step that halted, and keeps its NaN", () => {
    const { halted, loss } = decodeRecord(ringWith(0, { ...line, halted: 1, loss: Number.NaN }), 1);
    expect({ halted, loss }).toEqual({ halted: true, loss: Number.NaN });
  });

  it("tells a step that was skipped from one that halted", () => {
    const lines = [0, HALTED, SKIPPED].map((halted) => decodeRecord(ringWith(0, { ...line, halted }), 1));
    expect(lines.map(({ halted, skipped }) => [halted, skipped])).toEqual([
      [false, false],
      [true, false],
      [false, true],
    ]);
  });
});

describe("addRecords", () => {
  /** The lines of steps, behind others in the same memory. */
  function linesOf(lines: readonly (typeof line)[]): Uint32Array<ArrayBuffer> {
    const memory = new Uint32Array(2 * RING_WORDS);
    lines.forEach((values, index) => {
      memory.set(ringWith(0, values).subarray(0, RECORD_WORDS), RING_WORDS + index * RECORD_WORDS);
    });
    return memory.subarray(RING_WORDS, RING_WORDS + lines.length * RECORD_WORDS);
  }

  it("adds one line a step", () => {
    const totals = emptyTotals();
    expect(addRecords(totals, linesOf([line, { ...line, loss: 1, rows: 4, step: 8 }]))).toBeUndefined();
    expect(totals).toMatchObject({ loss: 3.5, penalty: 0.25, hits: 6, rows: 9, steps: 2, last: { step: 8 } });
  });

  it("ends before the first step that halted, and gives it", () => {
    const totals = emptyTotals();
    const halted = { ...line, step: 8, halted: 1, loss: Number.NaN };
    expect(addRecords(totals, linesOf([line, halted, { ...halted, step: 9 }]))).toEqual({
      ...halted,
      halted: true,
      skipped: false,
    });
    expect(totals).toMatchObject({ loss: 2.5, steps: 1 });
  });
});

describe("summarize", () => {
  const totals = emptyTotals();
  for (const [rows, loss] of [
    [5, 10],
    [5, 20],
    [3, 9],
  ] as const) {
    const skipped = rows === 3;
    addRecord(totals, { ...line, halted: false, skipped, rows, loss, penalty: 1, hits: 2, step: totals.steps + 1 });
  }

  it("averages over samples, of which the last batch has fewer", () => {
    expect(summarize(totals, "softmaxCrossEntropy", 2)).toEqual({
      step: 3,
      epoch: 3,
      steps: 3,
      rows: 13,
      loss: 39 / 13,
      penalty: 3 / 13,
      objective: 42 / 13,
      accuracy: 6 / 13,
      skipped: 1,
      learningRate: 0.5,
      seconds: 2,
      samplesPerSecond: 6.5,
    });
  });

  it("has no accuracy where targets are no classes", () => {
    expect(summarize(totals, "halfSquaredError", 2).accuracy).toBeUndefined();
  });
});
