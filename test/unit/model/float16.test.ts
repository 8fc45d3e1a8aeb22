import { describe, expect, it } from "vitest";
import { decodeHalf, halfSpacing, LARGEST_HALF, roundToHalf } from "../../../src/model/float16.ts";
import { encodeHalf } from "../../helpers/half.ts";

/** Every finite f16 that is not negative, in order: bits 0 to 0x7bff. */
const halves = decodeHalf(
  Uint32Array.from({ length: 0x7c00 / 2 }, (_, i) => (2 * i) | ((2 * i + 1) << 16)),
  0x7c00,
);

describe("decodeHalf", () => {
  // Table of examples in IEEE 754's binary16.
  it.each([
    [0x0000, 0],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x0400, 2 ** -14],
    [0x3555, 0.333251953125],
    [0x3bff, 0.99951171875],
    [0x3c00, 1],
    [0x3c01, 1.0009765625],
    [0x4248, 3.140625],
    [0x7bff, 65504],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0x7e00, Number.NaN],
    [0x8000, -0],
    [0xc000, -2],
    [0xfc00, Number.NEGATIVE_INFINITY],
  ])("has bits %i as %d, in either half of a word", (bits, value) => {
    expect(decodeHalf(Uint32Array.of(bits | (bits << 16)), 2)).toEqual(Float32Array.of(value, value));
    expect(decodeHalf(Uint32Array.of(bits), 1)).toEqual(Float32Array.of(value));
  });

  it("has all numbers in order", () => {
    for (let i = 1; i < halves.length; i++) {
      if (!((halves[i] ?? 0) > (halves[i - 1] ?? 0))) throw new Error(`bits ${i}: ${halves[i]} after ${halves[i - 1]}`);
    }
    expect(halves.at(-1)).toBe(LARGEST_HALF);
  });
});

describe("roundToHalf", () => {
  it("leaves every f16 as it is, of either sign", () => {
    expect(halves.map(roundToHalf)).toEqual(halves);
    expect(halves.map((value) => -roundToHalf(-value))).toEqual(halves);
    expect([roundToHalf(-0), roundToHalf(0)]).toEqual([-0, 0]);
  });

  it("takes the nearer of two neighbours, and of equally near ones that whose last bit is 0, subnormal numbers too", () => {
    for (let bits = 0; bits < halves.length - 1; bits++) {
      const [low, high] = [halves[bits] ?? 0, halves[bits + 1] ?? 0];
      const middle = (low + high) / 2;
      const apart = (high - low) * 2 ** -20;
      const got = [middle - apart, middle, middle + apart].map(roundToHalf);
      const expected = [low, bits % 2 === 0 ? low : high, high];
      if (got.join() !== expected.join())
        throw new Error(`between ${low} and ${high}: got ${got}, expected ${expected}`);
      if (halfSpacing(middle) !== high - low) throw new Error(`spacing ${halfSpacing(middle)} at ${middle}`);
    }
  });

  it("is infinite from halfway between the largest f16 and the next power of two, 65,520", () => {
    expect([65_504, 65_519.99, 65_520, 1e300].map(roundToHalf)).toEqual([65_504, 65_504, Infinity, Infinity]);
    expect([-65_520, -Infinity, Infinity, Number.NaN].map(roundToHalf)).toEqual([-Infinity, -Infinity, Infinity, NaN]);
  });
});

describe("encodeHalf", () => {
  it("is the inverse of decodeHalf", () => {
    const all = Float32Array.of(...halves, ...halves.map((value) => -value), Infinity, -Infinity, Number.NaN);
    expect(decodeHalf(encodeHalf(all), all.length)).toEqual(all);
    expect(encodeHalf(all).slice(0, 4)).toEqual(Uint32Array.of(0x00010000, 0x00030002, 0x00050004, 0x00070006));
  });
});
