import { describe, expect, it } from "vitest";
import { bits, mix, permute, uniform01 } from "../../../src/model/random.ts";

/** The inverse of lowbias32 that its author publishes beside it. */
function unmix(x: number): number {
  let h = x >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x43021123);
  h = Math.imul(h ^ (h >>> 15) ^ (h >>> 30), 0x1d69e2a5);
  return (h ^ (h >>> 16)) >>> 0;
}

/** lowbias32 in whole numbers without bound, as its definition reads. */
function mixExactly(x: number): number {
  const word = 2n ** 32n;
  let h = BigInt(x);
  h = ((h ^ (h >> 16n)) * 0x7feb352dn) % word;
  h = ((h ^ (h >> 15n)) * 0x846ca68bn) % word;
  return Number(h ^ (h >> 16n));
}

/** Numbers of 32 bits at the ends, of one bit, and in between. */
const words = [
  ...Array.from({ length: 32 }, (_, bit) => 2 ** bit),
  ...[0, 0xffffffff, 0xdeadbeef, 0x9e3779b9, 0x85ebca6b, 12345],
];

describe("mix", () => {
  it("is lowbias32", () => {
    for (const word of words) expect(mix(word)).toBe(mixExactly(word));
  });

  it("is undone by the published inverse, and so a bijection", () => {
    for (const word of words) expect(unmix(mix(word))).toBe(word);
  });

  it("takes a number modulo 2³², negative ones too", () => {
    expect(mix(-1)).toBe(mix(0xffffffff));
    expect(mix(2 ** 32 + 7)).toBe(mix(7));
  });
});

describe("bits and uniform01", () => {
  it("change with the seed, the stream and the index", () => {
    const values = [0, 1, 2].flatMap((seed) =>
      [0, 1, 2].flatMap((stream) => [0, 1, 2].map((i) => bits(seed, stream, i))),
    );
    expect(new Set(values).size).toBe(27);
  });

  it("put as many numbers into each tenth of [0, 1) as chance does", () => {
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) {
      const tenth = Math.floor(10 * uniform01(5, 3, i));
      counts[tenth] = (counts[tenth] ?? 0) + 1;
    }
    expect(counts).toHaveLength(10);
    expect(chiSquare(counts)).toBeLessThan(chiSquareBound(9));
  });
});

/** Σ (n − n̄)²/n̄ over the cells. */
function chiSquare(counts: readonly number[]): number {
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
}

/**
 * The quantile of χ² that chance exceeds once in 30,000 times (4 standard deviations of a normal), by Wilson and Hilferty
 * (1931). The seeds are fixed, so that a passing test stays so.
 */
const chiSquareBound = (freedom: number): number =>
  freedom * (1 - 2 / (9 * freedom) + 4 * Math.sqrt(2 / (9 * freedom))) ** 3;

const orderOf = (rows: number, seed: number, epoch: number): number[] =>
  Array.from({ length: rows }, (_, index) => permute(index, rows, seed, epoch));

const isPermutation = (order: readonly number[]): boolean =>
  new Set(order).size === order.length && order.every((row) => Number.isInteger(row) && row >= 0 && row < order.length);

describe("permute", () => {
  it("takes every row once, for every number of rows up to 300", () => {
    for (let rows = 1; rows <= 300; rows++) {
      for (const seed of [0, 1, 0xffffffff]) {
        for (const epoch of [0, 1]) {
          if (!isPermutation(orderOf(rows, seed, epoch))) throw new Error(`${rows} rows, seed ${seed}, epoch ${epoch}`);
        }
      }
    }
  });

  it.each([1797, 4095, 4096, 4097, 65_535, 65_536, 65_537])("takes every one of %d rows once", (rows) => {
    expect(isPermutation(orderOf(rows, 7, 3))).toBe(true);
  });

  it("stays among the rows and takes none twice where row numbers need all 32 bits", () => {
    for (const rows of [2 ** 31 + 1, 3_000_000_000, 2 ** 32 - 1]) {
      const some = Array.from({ length: 1000 }, (_, i) => permute(rows - 1 - i, rows, 1, 2));
      expect(new Set(some).size).toBe(1000);
      expect(some.every((row) => row >= 0 && row < rows)).toBe(true);
      // Both halves are taken: chance misses either half once in 2¹⁰⁰⁰ times.
      expect(some.some((row) => row >= rows / 2) && some.some((row) => row < rows / 2)).toBe(true);
    }
  });

  it.each([
    ["epoch", (i: number) => orderOf(100, 7, i)],
    ["seed", (i: number) => orderOf(100, i, 0)],
  ])("gives each %s an order that shares as many places with the next as chance does", (_, order) => {
    for (let i = 0; i < 50; i++) {
      const next = order(i + 1);
      const shared = order(i).filter((row, place) => row === next[place]).length;
      // Two random orders share Poisson(1) places: more than 8 once in 900,000 times.
      expect(shared).toBeLessThanOrEqual(8);
    }
  });

  it("does not keep to the stored order", () => {
    const kept = orderOf(1000, 0, 0).filter((row, place) => row === place).length;
    expect(kept).toBeLessThanOrEqual(8);
  });

  it.each([2, 3, 5, 8, 10, 16, 33])("sends each of %d rows to every place equally often", (rows) => {
    for (let index = 0; index < rows; index++) {
      const counts = new Array<number>(rows).fill(0);
      for (let epoch = 0; epoch < 200 * rows; epoch++) {
        const place = permute(index, rows, 11, epoch);
        counts[place] = (counts[place] ?? 0) + 1;
      }
      expect(chiSquare(counts)).toBeLessThan(chiSquareBound(rows - 1));
    }
  });

  it("sends two neighbouring rows to every pair of places equally often", () => {
    const rows = 10;
    const pairs = new Map<number, number>();
    for (let epoch = 0; epoch < 20_000; epoch++) {
      const pair = permute(4, rows, 3, epoch) * rows + permute(5, rows, 3, epoch);
      pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
    }
    expect(pairs.size).toBe(rows * (rows - 1));
    expect(chiSquare([...pairs.values()])).toBeLessThan(chiSquareBound(rows * (rows - 1) - 1));
  });
});
