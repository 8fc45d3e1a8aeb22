import { describe, expect, it } from "vitest";
import { checkParameter } from "../../../src/run/parameters.ts";
import { refusal } from "../../helpers/refusal.ts";

const check = (values: ArrayLike<number>) =>
  checkParameter("setParameters", { name: "W1", key: "", shape: [2, 3] }, values);

describe("checkParameter", () => {
  it("gives the values as float32", () => {
    expect(check([1, 2, 3, 4, 5, 0.1])).toEqual(new Float32Array([1, 2, 3, 4, 5, 0.1]));
    expect(check(new Float64Array(6))).toEqual(new Float32Array(6));
  });

  it("gives a copy, so that later changes do not show", () => {
    const given = new Float32Array(6);
    const checked = check(given);
    given.fill(1);
    expect(checked).toEqual(new Float32Array(6));
  });

  it("refuses another number of values", () => {
    expect(refusal(() => check([1, 2]))).toMatch(/^ShapeError: setParameters: W1: got 2 values, expected 6/);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e39])("refuses %d", (value) => {
    expect(refusal(() => check([1, 2, 3, 4, value, 6]))).toBe(
      `DataError: setParameters: W1: element 5: got ${value}, expected a finite number that float32 can hold; give finite values.`,
    );
  });

  it.each([
    ["a text", "5", '"5"'],
    ["a list", [5], "a list of 1"],
    ["a bigint", 5n, "5n"],
  ])("refuses %s for a number", (_, value, got) => {
    expect(refusal(() => check([1, 2, 3, 4, value as unknown as number, 6]))).toBe(
      `DataError: setParameters: W1: element 5: got ${got}, expected a finite number that float32 can hold; give finite values.`,
    );
  });

  it("refuses a text of as many letters", () => {
    for (const text of ["abcdef", "123456"]) {
      expect(refusal(() => check(text as unknown as number[]))).toBe(
        `DataError: setParameters: W1: element 1: got "${text[0]}", expected a finite number that float32 can hold; give finite values.`,
      );
    }
  });

  it("takes the largest float32", () => {
    const largest = (2 - 2 ** -23) * 2 ** 127;
    expect(check([0, 0, 0, 0, 0, largest])[5]).toBe(largest);
  });
});
