import { describe, expect, it } from "vitest";
import { reduceGroup } from "../../../src/kernels/record.ts";
import {
  anyHardware,
  blockOf,
  type Hardware,
  type ProductShape,
  productGrid,
  type Tile,
  tileFor,
} from "../../../src/kernels/tile.ts";
import { uniform01 } from "../../../src/model/random.ts";

const cpu: Hardware = { lanes: 4, subgroups: true };
const devices: readonly (readonly [string, Hardware])[] = [
  ["a CPU's adapter", cpu],
  ["a CPU's adapter without subgroups", { lanes: 4, subgroups: false }],
  ["a GPU of which nothing is known", anyHardware],
  ["a GPU of 32 lanes with subgroups", { lanes: 32, subgroups: true }],
  ["a CPU's adapter of 8 lanes", { lanes: 8, subgroups: true }],
];

/** Sizes from 1 to 2 to the 12, small and large ones alike often. */
const randomSizes = Array.from({ length: 60 }, (_, i): [rows: number, columns: number] => [
  Math.floor(2 ** (12 * uniform01(1, 0, i))),
  Math.floor(2 ** (12 * uniform01(1, 1, i))),
]);
const sizes: readonly (readonly [rows: number, columns: number])[] = [
  [1, 1],
  [1, 4096],
  [4096, 1],
  [15, 16],
  [16, 15],
  [17, 15],
  ...randomSizes,
];

/** A product of which nothing lies in whole fours. */
const plain = (rows: number, columns: number, inner = 7): ProductShape => ({
  rows,
  inner,
  columns,
  transposeA: false,
  transposeB: true,
});

const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

/** Rows and columns as the tile lies. */
const sidesOf = (rows: number, columns: number, { swap }: Tile) =>
  swap ? ([columns, rows] as const) : ([rows, columns] as const);

/** How often each output of one side is taken, by workgroups that take so many each. */
function counts(size: number, taken: number, outputsOf: (group: number) => number[]): number[] {
  const times = Array<number>(size).fill(0);
  for (const output of range(Math.ceil(size / taken)).flatMap(outputsOf)) {
    if (output < size) times[output] = (times[output] ?? 0) + 1;
  }
  return times;
}

describe.each(devices)("tileFor %s", (_, hardware) => {
  it("covers every output exactly once, in a grid of as many workgroups as that takes", () => {
    for (const [rows, columns] of sizes) {
      const tile = tileFor(plain(rows, columns), hardware);
      const { along, across, lanes } = tile;
      const [height, width] = blockOf(tile);
      const [x, y] = productGrid(rows, columns, tile);
      const groups = Math.ceil(rows / height) * Math.ceil(columns / width);
      expect(x * y).toBeGreaterThanOrEqual(groups);
      expect(x * y - groups).toBeLessThan(y);
      if (tile.staged) continue;
      const [alongSize, acrossSize] = sidesOf(rows, columns, tile);
      const together = counts(alongSize, along, (group) => range(along).map((m) => group * along + m));
      const apart = counts(acrossSize, across * lanes, (group) =>
        range(lanes).flatMap((local) => range(across).map((n) => group * across * lanes + n * lanes + local)),
      );
      expect([together, apart]).toEqual([Array(alongSize).fill(1), Array(acrossSize).fill(1)]);
      expect(groups).toBe(Math.ceil(alongSize / along) * Math.ceil(acrossSize / (across * lanes)));
    }
  });

  it("is no larger than its number of workgroups needs", () => {
    for (const [rows, columns] of sizes) {
      const tile = tileFor(plain(rows, columns), hardware);
      if (tile.staged) continue;
      const [alongSize, acrossSize] = sidesOf(rows, columns, tile);
      const groups = Math.ceil(alongSize / tile.along);
      if (tile.along > 1) expect(Math.ceil(alongSize / (tile.along - 1))).toBeGreaterThan(groups);
      expect((tile.across - 1) * tile.lanes).toBeLessThan(acrossSize);
    }
  });

  it("lies across the columns unless they are few and the rows are more", () => {
    for (const [rows, columns] of sizes) {
      expect([rows, columns, tileFor(plain(rows, columns), hardware).swap]).toEqual([
        rows,
        columns,
        columns < 16 && rows > columns,
      ]);
    }
  });

  it("shares loads on a CPU's adapter alone, where it can", () => {
    for (const [rows, columns] of sizes) {
      expect(tileFor(plain(rows, columns), hardware).subgroups).toBe(hardware.lanes <= 8 && hardware.subgroups);
    }
  });
});

describe("tileFor", () => {
  it("takes large tiles on a CPU's adapter, and on a GPU only where the output leaves enough of them", () => {
    const [few, many] = [16, 1024];
    expect(tileFor(plain(many, many, 3), cpu)).toMatchObject({ along: 16, across: 8, lanes: 8 });
    expect(tileFor(plain(many, many), cpu)).toMatchObject({ along: 32, across: 8, lanes: 8 });
    expect(tileFor(plain(many, many, 64), cpu)).toMatchObject({ along: 32, across: 16, lanes: 8 });
    expect(tileFor(plain(2 * few, 2 * few), anyHardware)).toMatchObject({ along: 4, across: 1, lanes: 32 });
    expect(tileFor(plain(few, few), cpu)).toMatchObject({ along: 16, across: 2, lanes: 8 });
  });

  it("stages squares on a GPU, where the output leaves enough of them, and never on a CPU's adapter", () => {
    const taken = (rows: number, columns: number, hardware: Hardware, inner = 64) => {
      const { staged, along } = tileFor(plain(rows, columns, inner), hardware);
      return staged ? along : undefined;
    };
    const outputs = [
      [64, 128],
      [128, 128],
      [16, 4096],
      [512, 512],
    ] as const;
    expect(outputs.map(([rows, columns]) => taken(rows, columns, anyHardware))).toEqual([undefined, 4, undefined, 8]);
    expect(outputs.map(([rows, columns]) => taken(rows, columns, cpu))).toEqual(outputs.map(() => undefined));
    // A round would hold little but zeros.
    expect(taken(512, 512, anyHardware, 15)).toBe(undefined);
  });

  it("takes long rounds of long sums on a CPU's adapter", () => {
    const unroll = (inner: number, hardware: Hardware) => tileFor(plain(64, 64, inner), hardware).unroll;
    expect([4, 7, 127, 128, 132, 784].map((inner) => unroll(inner, cpu))).toEqual([4, 4, 4, 8, 4, 8]);
    expect([4, 7, 127, 128, 132, 784].map((inner) => unroll(inner, anyHardware))).toEqual([4, 4, 4, 4, 4, 4]);
  });

  it("allows fours where an operand's lines are whole ones, and whole rounds if sums run along them", () => {
    for (const hardware of [cpu, anyHardware]) {
      const fours = (shape: Omit<ProductShape, "rows">) => {
        const { vectorA, vectorB } = tileFor({ rows: 64, ...shape }, hardware);
        return [vectorA, vectorB];
      };
      const forward = { transposeA: false, transposeB: true };
      expect(fours({ inner: 784, columns: 10, ...forward })).toEqual([true, true]);
      expect(fours({ inner: 260, columns: 10, ...forward })).toEqual([true, true]);
      expect(fours({ inner: 258, columns: 12, ...forward })).toEqual([false, false]);
      const backward = { transposeA: false, transposeB: false };
      expect(fours({ inner: 10, columns: 64, ...backward })).toEqual([false, true]);
      expect(fours({ inner: 12, columns: 63, ...backward })).toEqual([true, false]);
      // The inner size is |B|, which may be any in a partial batch.
      const update = { transposeA: true, transposeB: false };
      expect(fours({ inner: 63, columns: 784, ...update })).toEqual([true, true]);
      expect(fours({ inner: 63, columns: 785, ...update })).toEqual([true, false]);
      expect(fours({ inner: 64, columns: 785, transposeA: true, transposeB: true })).toEqual([true, false]);
    }
  });

  it("lets an invocation of a CPU's adapter have whole fours of columns that lie so in memory", () => {
    const across = (columns: number, transposeB: boolean) =>
      tileFor({ rows: 64, inner: 7, columns, transposeA: false, transposeB }, cpu).across;
    expect([16, 24, 40, 64, 104, 784].map((columns) => across(columns, false))).toEqual([2, 4, 8, 8, 8, 8]);
    expect([24, 40, 104].map((columns) => across(columns, true))).toEqual([3, 5, 7]);
  });
});

describe("reduceGroup", () => {
  it.each([
    [1, 32],
    [256, 32],
    [257, 256],
    [1e6, 256],
  ])("lets %d elements be summed by %d invocations", (elements, group) => {
    expect(reduceGroup(elements)).toBe(group);
  });
});
