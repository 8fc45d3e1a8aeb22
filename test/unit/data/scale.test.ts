import { describe, expect, it } from "vitest";
import { applyScale, fitScale, scalings, undoScale } from "../../../src/data/scale.ts";

describe("fitScale", () => {
  // Columns 2, 4, 9 and 10, 10, 40: means 5 and 20, population deviations √(26/3) and √200.
  const values = [2, 10, 4, 10, 9, 40];

  it("standard gives each column mean 0 and population deviation 1", () => {
    const scale = fitScale(values, 2, "standard");
    expect(scale.shift).toEqual([5, 20]);
    expect(scale.factor[0]).toBeCloseTo(1 / Math.sqrt(26 / 3), 15);
    expect(scale.factor[1]).toBeCloseTo(1 / Math.sqrt(200), 15);
  });

  it("minmax takes each column to 0 … 1", () => {
    const scale = fitScale(values, 2, "minmax");
    expect([...applyScale(values, scale, "x")]).toEqual([0, 0, Math.fround(2 / 7), 0, 1, 1]);
  });

  it("none leaves every value as it is", () => {
    expect([...applyScale(values, fitScale(values, 2, "none"), "x")]).toEqual(values);
  });

  it("standard scales a column of numbers whose squares are beyond float64", () => {
    for (const unit of [1e-200, 1e200]) {
      const column = [2, 4, 9].map((x) => x * unit);
      expect((fitScale(column, 1, "standard").factor[0] ?? 0) * unit).toBeCloseTo(1 / Math.sqrt(26 / 3), 14);
      const [x = 0, y = 0, z = 0] = applyScale(column, fitScale(column, 1, "standard"), "x");
      for (const [got, exact] of [
        [x, -3],
        [y, -1],
        [z, 4],
      ] as const)
        expect(got).toBeCloseTo(exact / Math.sqrt(26 / 3), 6);
    }
  });

  it.each(["standard", "minmax"] as const)("%s turns a constant column into 0", (kind) => {
    // 0.1 three times sums to 0.30000000000000004: the mean is not 0.1.
    const scaled = applyScale([0.1, 0.1, 0.1], fitScale([0.1, 0.1, 0.1], 1, kind), "x");
    expect([...scaled].map(Math.abs)).toEqual([0, 0, 0]);
    expect(fitScale([0.1, 0.1, 0.1], 1, kind).factor).toEqual([0]);
  });

  it.each(scalings)("%s is plain JSON, even where a column hardly varies", (kind) => {
    const scale = fitScale([0, 1, 5e-324, 2], 2, kind);
    expect(JSON.parse(JSON.stringify(scale))).toEqual(scale);
  });

  it("sums in float64: a large offset does not drown the spread", () => {
    const { factor } = fitScale([1e12 + 1, 1e12 + 3], 1, "standard");
    expect(factor).toEqual([1]);
  });
});

describe("applyScale", () => {
  it("keeps what float32 would lose before the shift", () => {
    const values = [1700000000001, 1700000000003];
    expect([...applyScale(values, fitScale(values, 1, "standard"), "x")]).toEqual([-1, 1]);
  });

  it("scales other rows by the statistics of the first", () => {
    const scale = fitScale([0, 10], 1, "minmax");
    expect([...applyScale([20, -10], scale, "x")]).toEqual([2, -1]);
  });

  it("refuses a value that leaves float32's range", () => {
    const scale = fitScale([0, 0, 2 ** -100, 1], 2, "minmax");
    expect(() => applyScale([0, 0, 2 ** 60, 0], scale, "test.csv: inputs")).toThrow(
      "test.csv: inputs: row 2, column 1: got 1.461501637330903e+48 after scaling, expected a number from -3.4e38 to 3.4e38; leave the row out, or scale otherwise.",
    );
  });
});

describe("undoScale", () => {
  it.each(scalings)("takes back %s", (kind) => {
    const values = [2, 10, 4, 10, 9, 40];
    const scale = fitScale(values, 2, kind);
    const back = undoScale(applyScale(values, scale, "x"), scale);
    for (const [i, x] of back.entries()) expect(x).toBeCloseTo(values[i] ?? Number.NaN, 5);
  });

  it("gives a constant column its value back, whatever the network said", () => {
    expect([...undoScale([0.3], fitScale([7, 7], 1, "standard"))]).toEqual([7]);
  });
});
