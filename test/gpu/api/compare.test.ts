import { describe, expect, test } from "vitest";
import { expectClose, expectSameBits, largestMagnitude } from "../../helpers/compare.ts";

/** What the other tests rest on. */
describe("a comparison", () => {
  test("passes within its tolerance and no farther", () => {
    expectClose("x", [1, 2.5], [1, 2], 0.5);
    expect(() => expectClose("x", [1, 2.5], [1, 2], 0.4999)).toThrow(
      "x: 1 of 2 values differ, the worst at 1: got 2.5, expected 2, tolerance 0.4999",
    );
    expect(() => expectClose("x", [1, 2], [1, 1], (i) => (i === 0 ? 9 : 0))).toThrow("the worst at 1");
  });

  test("fails for a NaN on either side, or in the tolerance", () => {
    expect(() => expectClose("x", [Number.NaN], [1], 1e9)).toThrow("got NaN");
    expect(() => expectClose("x", [1], [Number.NaN], 1e9)).toThrow("expected NaN");
    expect(() => expectClose("x", [1], [2], Number.NaN)).toThrow("tolerance NaN");
    expect(() => expectClose("x", [Number.NaN], [Number.NaN], 1e9)).toThrow("got NaN");
  });

  test("fails for an infinity that was not expected, and for another number of values", () => {
    expectClose("x", [Number.POSITIVE_INFINITY], [Number.POSITIVE_INFINITY], 0);
    expect(() => expectClose("x", [Number.POSITIVE_INFINITY], [3e38], 1e38)).toThrow("got Infinity");
    expect(() => expectClose("x", [1], [1, 1], 1)).toThrow("x: got 1 values, expected 2");
  });

  test("of bits tells signed zeros and payloads of NaN apart", () => {
    const words = new Uint32Array([0x7fc00001, 0]);
    expectSameBits("x", new Float32Array(words.buffer), words);
    expect(() => expectSameBits("x", Float32Array.of(0), Float32Array.of(-0))).toThrow("x (bits)");
    expect(() => expectSameBits("x", words, new Uint32Array([0x7fc00002, 0]))).toThrow("x (bits)");
  });

  test("takes no scale from a NaN", () => {
    expect(largestMagnitude([1, -3, 2])).toBe(3);
    expect(largestMagnitude([1, Number.NaN, 2])).toBeNaN();
  });
});
