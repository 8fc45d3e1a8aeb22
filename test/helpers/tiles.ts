import { expect } from "vitest";
import type { Device } from "../../src/device/open.ts";
import type { KernelName } from "../../src/kernels/index.ts";
import { blockOf, largeSquare, smallSquare, type Tile } from "../../src/kernels/tile.ts";
import { expectSameBits, type Words } from "./compare.ts";
import { type Case, type Outcome, random, randomIntegers, runAllOnGpu } from "./gpu.ts";

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
const others = {
  small: { ...odd, along: 1, across: 1, unroll: 2 },
  large: { ...odd, along: 16, across: 8, lanes: 8 },
  "32 lanes": { ...odd, along: 8, across: 4, lanes: 32 },
  swapped: { ...odd, along: 5, across: 3, lanes: 8, unroll: 8, swap: true },
  square: { ...odd, ...smallSquare },
} as const satisfies Readonly<Record<string, Tile>>;

/** Those whose operands may be loaded by fours, and how many a round takes: each way, and with outputs that are no whole fours. */
const fours = {
  "four across": { ...odd, across: 4 },
  "8 across, 8 a round": { ...odd, along: 7, across: 8, lanes: 8, unroll: 8 },
  swapped: { ...odd, along: 5, across: 4, lanes: 8, swap: true },
  odd,
  "large square": { ...odd, ...largeSquare },
} as const satisfies Readonly<Record<string, Tile>>;

type Shared<Name extends string> = Name | `${Name}, subgroups`;

/** The products that tiles are tried with: those that differ in how their operands lie, or in what they do beside their sums. */
export type Product =
  | "layerForward"
  | "layerForward, gather"
  | "layerBackward"
  | "layerGradient"
  | "layerUpdate"
  | "matmul transposeB, bias"
  | "matmul transposeA";

/**
 * The tiles that `npm test` tries with each product: each tile with some of them, and with each way that operands lie one that is
 * swapped and one that shares its loads. Staged ones, which take ten times as long to compile, are tried where both operands lie
 * along the inner side and where neither does, gathered, in parts, with what comes before and after the sums.
 * `*.full.test.ts` try the others.
 */
const chosen: Readonly<
  Record<Exclude<Product, "layerForward, gather">, readonly Shared<keyof typeof others | "odd">[]>
> = {
  layerForward: ["square", "swapped", "32 lanes, subgroups"],
  layerBackward: ["small", "swapped, subgroups"],
  layerGradient: ["square", "swapped", "large, subgroups"],
  layerUpdate: ["square", "32 lanes", "swapped, subgroups"],
  "matmul transposeB, bias": ["swapped", "large", "odd, subgroups"],
  "matmul transposeA": ["32 lanes", "small, subgroups", "swapped, subgroups"],
};

/** As above, of those that load by fours. */
const chosenFours: Readonly<Record<Product, readonly Shared<keyof typeof fours>[]>> = {
  layerForward: ["swapped", "odd, subgroups"],
  "layerForward, gather": ["large square", "four across, subgroups"],
  layerBackward: ["8 across, 8 a round", "swapped, subgroups"],
  layerGradient: ["large square", "four across, subgroups"],
  layerUpdate: ["swapped", "8 across, 8 a round, subgroups"],
  "matmul transposeB, bias": ["odd", "8 across, 8 a round"],
  "matmul transposeA": ["four across"],
};

/** Whether the lanes of this device's subgroups can share their loads. */
export const hasSubgroups = ({ gpu }: Device): boolean => gpu.features.has("subgroups");

/** Tiles by name, with subgroups too where the device has them, as device.test.ts says it must. */
const alsoShared = (device: Device, tiles: Readonly<Record<string, Tile>>): [name: string, tile: Tile][] => [
  ...Object.entries(tiles),
  ...(hasSubgroups(device) ? Object.entries(tiles) : [])
    .filter(([, { staged }]) => !staged)
    .map(([name, tile]): [string, Tile] => [`${name}, subgroups`, { ...tile, subgroups: true }]),
];

/** Every tile but the odd one. */
const otherTiles = (device: Device) => alsoShared(device, { ...others, odd }).filter(([, tile]) => tile !== odd);

const within = (tiles: [name: string, tile: Tile][], names: readonly string[], chosen: boolean) =>
  tiles.filter(([name]) => names.includes(name) === chosen);

/** The tiles but the odd one that `npm test` tries with a product, and those that it leaves out. */
export const tilesOf = (device: Device, product: keyof typeof chosen) =>
  within(otherTiles(device), chosen[product], true);
export const restOfTiles = (device: Device, product: keyof typeof chosen) =>
  within(otherTiles(device), chosen[product], false);

/** The tiles whose operands may be loaded by fours that `npm test` tries with a product, and those that it leaves out. */
export const foursOf = (device: Device, product: Product) =>
  within(alsoShared(device, fours), chosenFours[product], true);
export const restOfFours = (device: Device, product: Product) =>
  within(alsoShared(device, fours), chosenFours[product], false);

/** Sizes of a product, and how many rows of the batch are filled: all of them if left out. */
export type Filled = readonly [sizes: Sizes, actual?: number];

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

/** Sizes 1 and 3, around what a workgroup of the odd tile takes, and coprime. */
export const oddSizes: readonly Sizes[] = [...sizesAround(odd), [65, 7, 66]];

/** The edge of the output cuts the outputs of an invocation of the odd tile anywhere. */
export const cutSizes: readonly Sizes[] = Array.from({ length: blockOf(odd)[1] }, (_, cut): Sizes => {
  const [rows, columns] = blockOf(odd);
  return [rows + ((cut + 1) % rows), 3, columns + cut + 1];
});

/** Sums of 1 to 9 terms. */
export const termSizes: readonly Sizes[] = Array.from({ length: 9 }, (_, index) => [5, index + 1, 9]);

/** Parts of a batch that has room for more: one row, some, all but some, and where a workgroup of the odd tile begins. */
export const partialRows = [1, 5, 32, 33] as const;

/** Sizes around what a workgroup of a tile takes, and parts of a batch that has room for more. */
export const filledAround = (tile: Tile): readonly Filled[] => [
  ...[...sizesAround(tile), [65, 6, 70] as const].map((sizes): Filled => [sizes]),
  ...[1, 16, 17].map((actual): Filled => [[33, 33, 19], actual]),
];

/**
 * Sizes of whole fours and whole rounds around what a workgroup of a tile takes, as operands loaded by fours ask for.
 * @param dynamic whether the sums run over the rows of a batch, which may be any, so that a lies along its rows
 */
export function filledByFours(tile: Tile, dynamic: boolean): readonly Filled[] {
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
  const filled = sizes.filter(([rows]) => rows > 0).map((size): Filled => [size]);
  return dynamic ? filled : [...filled, [[33, tile.unroll, 20], 17]];
}

/** The tile as it is for sizes of whole fours. @param dynamic as above */
export const byFours =
  (tile: Tile, dynamic: boolean) =>
  ([rows]: Sizes): Tile => ({
    ...tile,
    vectorA: dynamic ? rows % 4 === 0 : true,
    vectorB: true,
  });

/** A call for a tile, of sizes some of which are filled. */
export type CaseOf<N extends KernelName> = (tile: Tile, sizes: Sizes, actual?: number) => Case<N>;

/** What a call wrote that does not depend on the tile, once what does is asserted to be right. */
export type Check<N extends KernelName> = (given: Case<N>, outcome: Outcome) => Outcome["written"];

/**
 * Asserts that a product gives the bits of the odd tile with any other, for some sizes, all of which run together. What the odd tile
 * gives is kept for the tiles that follow.
 * @param tileOf the tile for some sizes
 */
export function expectingOdd<N extends KernelName>(
  device: Device,
  caseOf: CaseOf<N>,
  check: Check<N> = (_, { written }) => written,
): (sizes: readonly Filled[], tileOf: (sizes: Sizes) => Tile) => Promise<void> {
  const known = new Map<string, Outcome["written"]>();
  const nameOf = ([sizes, actual]: Filled) => `${sizes.join(" × ")}, ${actual ?? "all"} rows`;
  return async (filled, tileOf) => {
    const fresh = filled.filter((one) => !known.has(nameOf(one)));
    const cases = [
      ...filled.map(([sizes, actual]) => caseOf(tileOf(sizes), sizes, actual)),
      ...fresh.map(([sizes, actual]) => caseOf(odd, sizes, actual)),
    ];
    const written = (await runAllOnGpu(device, cases)).map((outcome, index) => check(cases[index] as Case<N>, outcome));
    fresh.forEach((one, index) => {
      known.set(nameOf(one), written[filled.length + index] ?? {});
    });
    filled.forEach((one, index) => {
      const [got, expected] = [written[index] ?? {}, known.get(nameOf(one)) ?? {}];
      expect(Object.keys(got)).toEqual(Object.keys(expected));
      expect(Object.keys(got).length).toBeGreaterThan(0);
      for (const [name, values] of Object.entries(expected)) {
        expectSameBits(`${name} ${nameOf(one)}`, got[name] as Words, values);
      }
    });
  };
}

/** Rows of the resident data, of which `order` picks some, one of them twice. */
export const DATA_ROWS = 50;

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
