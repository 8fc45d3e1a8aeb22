import { expect, test } from "vitest";
import type { Device } from "../../src/device/open.ts";
import type { KernelName } from "../../src/kernels/index.ts";
import { blockOf, largeSquare, smallSquare, type Tile } from "../../src/kernels/tile.ts";
import { expectSameBits, type Words } from "./compare.ts";
import { blank, type Case, type Outcome, random, randomIntegers, runOnGpu } from "./gpu.ts";

/** A product's sizes. */
export type Sizes = readonly [rows: number, inner: number, columns: number];

/** Judged by the twin in every variant of every product; each other tile is to give its bits. */
export const odd: Tile = {
  along: 3,
  across: 2,
  lanes: 4,
  unroll: 4,
  swap: false,
  subgroups: false,
  staged: false,
  vectorA: false,
  vectorB: false,
};

/** What differs from the odd tile: the largest of a CPU's adapter and of a GPU are among them. */
const others: Readonly<Record<string, Tile>> = {
  small: { ...odd, along: 1, across: 1, unroll: 2 },
  large: { ...odd, along: 16, across: 8, lanes: 8 },
  "32 lanes": { ...odd, along: 8, across: 4, lanes: 32 },
  swapped: { ...odd, along: 5, across: 3, lanes: 8, unroll: 8, swap: true },
  square: { ...odd, ...smallSquare },
};

/** Those whose operands may be loaded by fours, and how many a round takes: each way, and with outputs that are no whole fours. */
const fours: readonly (readonly [name: string, tile: Tile])[] = [
  ["four across", { ...odd, across: 4 }],
  ["8 across, 8 a round", { ...odd, along: 7, across: 8, lanes: 8, unroll: 8 }],
  ["swapped", { ...odd, along: 5, across: 4, lanes: 8, swap: true }],
  ["odd", odd],
  ["large square", { ...odd, ...largeSquare }],
];

/** Whether the lanes of this device's subgroups can share their loads. */
export const hasSubgroups = ({ gpu }: Device): boolean => gpu.features.has("subgroups");

/** The same tiles, with subgroups too where the device has them, as device.test.ts says it must. */
const alsoShared = (device: Device, tiles: readonly (readonly [name: string, tile: Tile])[]): [string, Tile][] => [
  ...tiles.map(([name, tile]): [string, Tile] => [name, tile]),
  ...(hasSubgroups(device) ? tiles.filter(([, { staged }]) => !staged) : []).map(([name, tile]): [string, Tile] => [
    `${name}, subgroups`,
    { ...tile, subgroups: true },
  ]),
];

/** Every tile but the odd one by name. */
export const otherTiles = (device: Device): [name: string, Tile][] => [
  ...alsoShared(device, Object.entries(others)),
  ...alsoShared(device, [["odd", odd]]).slice(1),
];

/**
 * Sizes of 1 and 3, one below, at and one above what a workgroup takes on either side, and coprime. The sums have 1 to 9 terms,
 * or 17: the loop takes several a round and what is left one by one.
 */
export function sizesAround(tile: Tile): Sizes[] {
  const [rows, columns] = blockOf(tile);
  const around = (size: number) => [size - 1, size, size + 1].filter((near) => near > 0);
  return [
    [1, 1, 1],
    [3, 3, 3],
    ...around(rows).map((size, index): Sizes => [size, 2 + 2 * index, 1]),
    ...around(columns).map((size, index): Sizes => [1, 5 + 2 * index, size]),
    [rows, 8, columns],
    [rows + 1, 7, columns + 3],
    [33, 17, 19],
  ];
}

/** Defines what every product is tested for with the odd tile. @param expectTwin compares a call with its twin */
export function testSizes(expectTwin: (sizes: Sizes) => Promise<unknown>): void {
  test("equals the reference for sizes 1 and 3, around what a workgroup takes, and coprime", async () => {
    for (const sizes of [...sizesAround(odd), [65, 7, 66] as const]) await expectTwin(sizes);
  });

  test("equals the reference where the edge cuts the outputs of an invocation anywhere", async () => {
    const [rows, columns] = blockOf(odd);
    for (let cut = 1; cut <= columns; cut++) await expectTwin([rows + (cut % rows), 3, columns + cut]);
  });

  test("equals the reference where the sum has 1 to 9 terms", async () => {
    for (let inner = 1; inner <= 9; inner++) await expectTwin([5, inner, 9]);
  });
}

/**
 * Defines a test of a product whose rows are those of the batch.
 * @param output operand that it writes
 */
export function testPartialBatch(output: string, expectTwin: (sizes: Sizes, actual: number) => Promise<Outcome>): void {
  test("leaves the rows beyond a partial batch as they were", async () => {
    for (const actual of [1, 5, 32, 33]) {
      const { written } = await expectTwin([47, 17, 19], actual);
      expect(written[output]?.slice(actual * 19)).toEqual(blank((47 - actual) * 19));
    }
  });
}

/**
 * Defines a test for each other tile, that it gives the bits of the odd one, around what its workgroup takes.
 * @param caseOf the call for a tile, with so many actual rows of a batch that has room for more
 * @param check asserts what depends on the tile, and returns the rest
 */
export function testTiles<N extends KernelName>(
  device: Device,
  caseOf: (tile: Tile, sizes: Sizes, actual?: number) => Case<N>,
  check: (given: Case<N>, outcome: Outcome) => Outcome["written"] = (_, { written }) => written,
): void {
  const run = async (given: Case<N>) => check(given, await runOnGpu(device, given));
  test.each(otherTiles(device))("gives the same bits with the tile %s", async (_, tile) => {
    const calls: [Sizes, actual?: number][] = [
      ...[...sizesAround(tile), [65, 6, 70] as const].map((sizes): [Sizes] => [sizes]),
      ...[1, 16, 17].map((actual): [Sizes, number] => [[33, 33, 19], actual]),
    ];
    for (const [sizes, actual] of calls) {
      const [got, expected] = [await run(caseOf(tile, sizes, actual)), await run(caseOf(odd, sizes, actual))];
      expect(Object.keys(got)).toEqual(Object.keys(expected));
      const label = `${sizes.join(" × ")}, ${actual ?? "all"} rows`;
      for (const [name, values] of Object.entries(expected)) {
        expectSameBits(`${name} ${label}`, got[name] as Words, values);
      }
    }
  });
}

/**
 * Defines a test for each tile whose operands may be loaded by fours, that it gives the bits of the odd one for sizes of whole fours
 * and whole rounds, around what its workgroup takes.
 * @param dynamic whether the sums run over the rows of a batch, which may be any, so that a lies along its rows
 */
export function testFours<N extends KernelName>(
  device: Device,
  dynamic: boolean,
  caseOf: (tile: Tile, sizes: Sizes, actual?: number) => Case<N>,
  check: (given: Case<N>, outcome: Outcome) => Outcome["written"] = (_, { written }) => written,
): void {
  const run = async (given: Case<N>) => check(given, await runOnGpu(device, given));
  test.each(alsoShared(device, fours))("gives the same bits where it loads by fours, tile %s", async (_, tile) => {
    const [rows, columns] = blockOf(tile);
    const whole = (size: number) => Math.ceil(size / 4) * 4;
    // What is staged is so by fours, whether or not they fill a round.
    const rest = tile.staged ? 4 : 0;
    const inners = dynamic ? [1, 3, 17] : [tile.unroll, 3 * tile.unroll + rest];
    const sizes = inners.flatMap((inner): Sizes[] => [
      [1, inner, 4],
      [rows + 1, inner, whole(columns)],
      [rows - 1, inner, whole(columns) + 4],
      [2 * rows, inner, 2 * whole(columns)],
      [whole(rows) + 4, inner, 4],
    ]);
    const calls = sizes.filter(([rows]) => rows > 0).map((size): [Sizes, actual?: number] => [size]);
    if (!dynamic) calls.push([[33, tile.unroll, 20], 17]);
    for (const [size, actual] of calls) {
      const vectors = { ...tile, vectorA: dynamic ? size[0] % 4 === 0 : true, vectorB: true };
      const [got, expected] = [await run(caseOf(vectors, size, actual)), await run(caseOf(odd, size, actual))];
      for (const [name, values] of Object.entries(expected)) {
        expectSameBits(`${name} ${size.join(" × ")}, ${actual ?? "all"} rows`, got[name] as Words, values);
      }
    }
  });
}

/** Rows of the resident data, of which `order` picks some, one of them twice. */
const DATA_ROWS = 50;

/**
 * A layer's input `[rows, columns]`: the resident data and the rows to gather of it, or a batch of which the rows beyond `actual`
 * are left from another one.
 */
export function inputOf(
  gather: boolean,
  [rows, columns]: readonly [rows: number, columns: number],
  actual: number,
  seed: number,
  scale = 1,
): Record<string, Words> {
  if (!gather) return { x: random(rows * columns, seed, scale).fill(Number.NaN, actual * columns) };
  return { x: random(DATA_ROWS * columns, seed, scale), order: randomIntegers(rows, seed + 100, DATA_ROWS) };
}
