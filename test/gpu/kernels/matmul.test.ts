import { describe, expect, test } from "vitest";
import { workgroupsOf } from "../../../src/kernels/index.ts";
import { expectSameBits } from "../../helpers/compare.ts";
import { useDevice } from "../../helpers/device.ts";
import { blank, callOf, expectTwin, expectTwins, random, runOnGpu } from "../../helpers/gpu.ts";
import { expectLeft, matmul, matmulTolerances, matmulVariants, partialSizes } from "../../helpers/products.ts";
import {
  byFours,
  cutSizes,
  expectingOdd,
  filledAround,
  filledByFours,
  foursOf,
  odd,
  oddSizes,
  partialRows,
  termSizes,
  tilesOf,
} from "../../helpers/tiles.ts";

const device = await useDevice();

describe.each(Object.entries(matmulVariants))("matmul %s", (_, given) => {
  const variant = { ...given, tile: odd };

  test.each([
    ["for sizes 1 and 3, around what a workgroup takes, and coprime", oddSizes],
    ["where the edge cuts the outputs of an invocation anywhere", cutSizes],
    ["where the sum has 1 to 9 terms", termSizes],
  ])("equals the reference %s", async (_, sizes) => {
    await expectTwins(
      device,
      sizes.map((one) => matmul(variant, one)),
      matmulTolerances,
    );
  });

  test("takes the actual rows of a partial batch and leaves the others as they were", async () => {
    const sizes = variant.transposeA ? ([33, 47, 19] as const) : partialSizes;
    const cases = partialRows.map((actual) => matmul(variant, sizes, actual));
    const outcomes = await expectTwins(device, cases, matmulTolerances);
    if (!variant.transposeA) expectLeft(outcomes, "c");
  });

  test("gives the same bits on every run", async () => {
    const given = matmul(variant, [33, 65, 19]);
    const [first, second] = [await runOnGpu(device, given), await runOnGpu(device, given)];
    expectSameBits("c", second.written.c ?? blank(0), first.written.c ?? blank(1));
  });
});

/** matmul.full.test.ts tries the other tiles. */
describe.each(["transposeB, bias", "transposeA"] as const)("matmul %s gives the bits of the odd tile", (name) => {
  const dynamic = name === "transposeA";
  const expectOdd = expectingOdd(device, (tile, sizes, actual) =>
    matmul({ ...matmulVariants[name], tile }, sizes, actual),
  );

  test.each(tilesOf(device, `matmul ${name}`))("with the tile %s", (_, tile) =>
    expectOdd(filledAround(tile), () => tile),
  );

  test.each(foursOf(device, `matmul ${name}`))("where it loads by fours, with the tile %s", (_, tile) =>
    expectOdd(filledByFours(tile, dynamic), byFours(tile, dynamic)),
  );
});

test("matmul › equals the reference when the tiles outnumber one dimension of a grid", async () => {
  // One product and one sum an element: the two roundings are the whole error.
  const given = matmul({ ...matmulVariants["transposeB, bias"], tile: odd }, [65_535 * odd.along + 33, 1, 1]);
  expect(workgroupsOf(callOf(given))[1]).toBeGreaterThan(1);
  await expectTwin(device, given, matmulTolerances(given));
});

test.each([["odd", odd] as const, ...tilesOf(device, "matmul transposeB, bias")])(
  "matmul › a row that holds NaN or Infinity spoils its own row only, tile %s",
  async (_, tile) => {
    const given = matmul({ ...matmulVariants["transposeB, bias"], tile }, [5, 3, 4]);
    const a = random(15, 1);
    a[1 * 3 + 2] = Number.NaN;
    a[3 * 3 + 1] = Number.POSITIVE_INFINITY;
    const { written } = await runOnGpu(device, { ...given, values: { ...given.values, a } });
    const finite = Array.from(written.c ?? [], Number.isFinite);
    expect(finite).toEqual(Array.from({ length: 20 }, (_, i) => ![1, 3].includes(Math.floor(i / 4))));
  },
);
