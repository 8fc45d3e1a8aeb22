import { describe, expect, test } from "vitest";
import { workgroupsOf } from "../../../src/kernels/index.ts";
import type { Tile } from "../../../src/kernels/tile.ts";
import { expectSameBits, gamma, type Words } from "../../helpers/compare.ts";
import { useDevice } from "../../helpers/device.ts";
import { blank, type Case, callOf, expectTwin, magnitudes, random, runOnGpu } from "../../helpers/gpu.ts";
import { odd, otherTiles, type Sizes, testFours, testSizes, testTiles } from "../../helpers/tiles.ts";

const device = await useDevice();

/** The three products of a dense layer, and the forward one without bias. */
const variants = {
  "transposeB, bias": { transposeA: false, transposeB: true, bias: true },
  transposeB: { transposeA: false, transposeB: true, bias: false },
  plain: { transposeA: false, transposeB: false, bias: false },
  transposeA: { transposeA: true, transposeB: false, bias: false },
  "transposeA, transposeB, bias": { transposeA: true, transposeB: true, bias: true },
} as const;

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
  testSizes((sizes) => {
    const given = product(variant, odd, sizes);
    return expectTwin(device, given, tolerance(given));
  });

  test("takes the actual rows of a partial batch and leaves the others as they were", async () => {
    for (const actual of [1, 5, 32, 33]) {
      const sizes: Sizes = variant.transposeA ? [33, 47, 19] : [47, 17, 19];
      const given = product(variant, odd, sizes, actual);
      const { written } = await expectTwin(device, given, tolerance(given));
      if (variant.transposeA) continue;
      const rest = written.c?.slice(actual * sizes[2]) ?? [];
      expect([...rest]).toEqual([...blank((sizes[0] - actual) * sizes[2])]);
    }
  });

  test("gives the same bits on every run", async () => {
    const given = product(variant, odd, [33, 65, 19]);
    const [first, second] = [await runOnGpu(device, given), await runOnGpu(device, given)];
    expectSameBits("c", second.written.c ?? blank(0), first.written.c ?? blank(1));
  });
});

describe.each(["transposeB, bias", "transposeA"] as const)("matmul %s", (name) => {
  testTiles(device, (tile, sizes, actual) => product(variants[name], tile, sizes, actual));
  testFours(device, name === "transposeA", (tile, sizes, actual) => product(variants[name], tile, sizes, actual));
});

test("matmul › equals the reference when the tiles outnumber one dimension of a grid", async () => {
  // One product and one sum an element: the two roundings are the whole error.
  const given = product(variants["transposeB, bias"], odd, [65_535 * odd.along + 33, 1, 1]);
  expect(workgroupsOf(callOf(given))[1]).toBeGreaterThan(1);
  await expectTwin(device, given, tolerance(given));
});

test.each([["odd", odd] as const, ...otherTiles(device)])(
  "matmul › a row that holds NaN or Infinity spoils its own row only, tile %s",
  async (_, tile) => {
    const sizes: Sizes = [5, 3, 4];
    const given = product(variants["transposeB, bias"], tile, sizes);
    const a = random(15, 1);
    a[1 * 3 + 2] = Number.NaN;
    a[3 * 3 + 1] = Number.POSITIVE_INFINITY;
    const { written } = await runOnGpu(device, { ...given, values: { ...given.values, a } });
    const finite = Array.from(written.c ?? [], Number.isFinite);
    expect(finite).toEqual(Array.from({ length: 20 }, (_, i) => ![1, 3].includes(Math.floor(i / 4))));
  },
);
