import { describe, expect, it } from "vitest";
import { splitRows, takeRows } from "../../../src/data/split.ts";

const numbers = (rows: number) => Array.from({ length: rows }, (_, i) => i);
const sorted = (rows: Uint32Array) => [...rows].sort((a, b) => a - b);

describe("splitRows", () => {
  it.each([2, 3, 5, 17, 1797])("puts each of %d rows into exactly one part", (rows) => {
    const { train, test } = splitRows(rows, 0.3, 7);
    expect(sorted(new Uint32Array([...train, ...test]))).toEqual(numbers(rows));
    expect(test.length).toBe(Math.round(rows * 0.3));
  });

  it("takes test rows from all over the table", () => {
    const { test } = splitRows(1000, 0.2, 0);
    for (let quarter = 0; quarter < 4; quarter++) {
      const share = test.filter((row) => Math.floor(row / 250) === quarter).length / test.length;
      expect(share).toBeGreaterThan(0.15);
      expect(share).toBeLessThan(0.35);
    }
  });

  it("is the same for one seed and another for another", () => {
    expect(splitRows(100, 0.2, 1)).toEqual(splitRows(100, 0.2, 1));
    expect(sorted(splitRows(100, 0.2, 1).test)).not.toEqual(sorted(splitRows(100, 0.2, 2).test));
  });

  it("trains on all rows where the test fraction is 0", () => {
    const { train, test } = splitRows(5, 0, 3);
    expect(sorted(train)).toEqual(numbers(5));
    expect(test.length).toBe(0);
  });

  it("refuses to leave a part without a row", () => {
    expect(() => splitRows(2, 0.2, 0)).toThrow(
      "split: got 2 rows to train on and 0 to test on, of 2 rows at test fraction 0.2, expected at least one row in each part; add rows, or change the test fraction; 0 trains on all rows and tests on none.",
    );
    expect(() => splitRows(2, 0.9, 0)).toThrow(
      "split: got 0 rows to train on and 2 to test on, of 2 rows at test fraction 0.9,",
    );
  });

  it.each([1, -0.1, Number.NaN, 20])("refuses test fraction %d", (fraction) => {
    expect(() => splitRows(10, fraction, 0)).toThrow(
      `split: got test fraction ${fraction}, expected a number from 0 to below 1; set the test fraction to 0.2, or to 0 for no test part.`,
    );
  });
});

describe("takeRows", () => {
  it("gives the rows in the order asked for", () => {
    const values = new Float32Array([0, 1, 10, 11, 20, 21]);
    expect(takeRows(values, 2, new Uint32Array([2, 0]))).toEqual(new Float32Array([20, 21, 0, 1]));
    expect(values).toEqual(new Float32Array([0, 1, 10, 11, 20, 21]));
  });

  it("gives nothing for no rows", () => {
    expect(takeRows(new Uint32Array([1, 2]), 1, new Uint32Array())).toEqual(new Uint32Array());
  });
});
