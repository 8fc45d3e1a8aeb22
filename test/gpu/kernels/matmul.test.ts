import { afterAll, describe, expect, test } from "vitest";
import { PRODUCT_GROUP } from "../../../shaders/lib/product.wgsl.ts";
import { openDevice } from "../../../src/device/open.ts";
import { workgroupsOf } from "../../../src/kernels/index.ts";
import type { Tile } from "../../../src/kernels/types.ts";
import { expectSameBits, gamma, type Words } from "../../helpers/compare.ts";
import { blank, type Case, callOf, expectTwin, magnitudes, random, runOnGpu } from "../../helpers/gpu.ts";

const device = await openDevice();
afterAll(() => device.destroy());

type Sizes = readonly [rows: number, inner: number, columns: number];

/** The three products of a dense layer, and the forward one without bias. */
const variants = {
  "transposeB, bias": { transposeA: false, transposeB: true, bias: true },
  transposeB: { transposeA: false, transposeB: true, bias: false },
  plain: { transposeA: false, transposeB: false, bias: false },
  transposeA: { transposeA: true, transposeB: false, bias: false },
  "transposeA, transposeB, bias": { transposeA: true, transposeB: true, bias: true },
} as const;

const tiles: readonly Tile[] = [4, 8];

/** `actual` rows of a batch that has room for more: rows of c, or with transposeA the inner size. */
function product(
  variant: (typeof variants)[keyof typeof variants],
  tile: Tile,
  sizes: Sizes,
  actual?: number,
): Case<"matmul"> {
  const [rows, inner, columns] = sizes;
  const values: Record<string, Words> = {
    a: random(rows * inner, 1),
    b: random(inner * columns, 2),
    c: blank(rows * columns),
  };
  if (variant.bias) values.bias = random(columns, 3);
  const control = { rows: actual ?? (variant.transposeA ? inner : rows) };
  return { kernel: "matmul", variant: { ...variant, tile }, dims: { rows, inner, columns }, control, values };
}

/**
 * n products, n − 1 sums in any order and the bias: γₙ₊₁ (Σ|a||b| + |bias|) (Higham 2002, section 3.1), and one rounding
 * for the twin's own result.
 */
function tolerance(given: Case<"matmul">) {
  const { c } = magnitudes(given);
  const factor = gamma(given.dims.inner + 2);
  return { c: (i: number) => factor * (c?.[i] ?? 0) };
}

describe.each(Object.entries(variants))("matmul %s", (_, variant) => {
  describe.each(tiles)("tile %i", (tile) => {
    /** Outputs a side of one workgroup. */
    const side = tile * PRODUCT_GROUP;

    test.each<[string, Sizes[]]>([
      ["size is 1", [[1, 1, 1]]],
      [
        "size is one below, at, or one above what a workgroup takes",
        [side - 1, side, side + 1].flatMap((size) => [
          [size, side + 1, size],
          [size, 5, 1],
          [1, 5, size],
        ]),
      ],
      [
        "size is a multiple of the tile or of another",
        [
          [33, 17, 19],
          [19, 33, 17],
          [65, 7, 66],
        ],
      ],
      [
        "edge cuts the outputs of an invocation anywhere",
        [34, 35, 36, 37, 38, 39, 40].map((size, index): Sizes => [size, 3, 34 + ((3 * index) % 7)]),
      ],
      [
        // The loop takes four inner indices a round and what is left one by one.
        "size within the sum is anything from 1 to 9",
        [1, 2, 3, 4, 5, 6, 7, 8, 9].map((inner): Sizes => [5, inner, 9]),
      ],
    ])("equals the reference when a %s", async (_, all) => {
      for (const sizes of all) {
        const given = product(variant, tile, sizes);
        await expectTwin(device, given, tolerance(given));
      }
    });

    test("takes the actual rows of a partial batch and leaves the others as they were", async () => {
      for (const actual of [1, 5, 32, 33]) {
        const sizes: Sizes = variant.transposeA ? [33, 47, 19] : [47, 17, 19];
        const given = product(variant, tile, sizes, actual);
        const { written } = await expectTwin(device, given, tolerance(given));
        if (variant.transposeA) continue;
        const rest = written.c?.slice(actual * sizes[2]) ?? [];
        expect([...rest]).toEqual([...blank((sizes[0] - actual) * sizes[2])]);
      }
    });
  });

  test("gives the same bits on every run and with either tile", async () => {
    for (const sizes of [
      [33, 65, 19],
      [65, 6, 70],
    ] as const) {
      const runs = [];
      for (const tile of [4, 8, 8, 4] as const) runs.push(await runOnGpu(device, product(variant, tile, sizes)));
      const [first, ...others] = runs.map(({ written }) => written.c ?? blank(0));
      for (const other of others) expectSameBits("c", other, first ?? blank(1));
    }
  });
});

test("matmul › equals the reference when the tiles outnumber one dimension of a grid", async () => {
  // One product and one sum an element: the two roundings are the whole error.
  const given = product(variants["transposeB, bias"], 4, [65_535 * 4 * PRODUCT_GROUP + 33, 1, 1]);
  expect(workgroupsOf(callOf(given))[1]).toBeGreaterThan(1);
  await expectTwin(device, given, tolerance(given));
});

test.each(tiles)("matmul › a row that holds NaN or Infinity spoils its own row only, tile %i", async (tile) => {
  const sizes: Sizes = [5, 3, 4];
  const given = product(variants.plain, tile, sizes);
  const a = random(15, 1);
  a[1 * 3 + 2] = Number.NaN;
  a[3 * 3 + 1] = Number.POSITIVE_INFINITY;
  const { written } = await runOnGpu(device, { ...given, values: { ...given.values, a } });
  const finite = Array.from(written.c ?? [], Number.isFinite);
  expect(finite).toEqual(Array.from({ length: 20 }, (_, i) => ![1, 3].includes(Math.floor(i / 4))));
});
