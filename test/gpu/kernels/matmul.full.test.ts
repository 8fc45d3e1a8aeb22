import { describe, expect, test } from "vitest";
import { useDevice } from "../../helpers/device.ts";
import { random, runOnGpu } from "../../helpers/gpu.ts";
import { matmul, matmulVariants } from "../../helpers/products.ts";
import { byFours, expectingOdd, filledAround, filledByFours, restOfFours, restOfTiles } from "../../helpers/tiles.ts";

const device = await useDevice();

describe.each(["transposeB, bias", "transposeA"] as const)("matmul %s gives the bits of the odd tile", (name) => {
  const dynamic = name === "transposeA";
  const expectOdd = expectingOdd(device, (tile, sizes, actual) =>
    matmul({ ...matmulVariants[name], tile }, sizes, actual),
  );

  test.each(restOfTiles(device, `matmul ${name}`))("with the tile %s", (_, tile) =>
    expectOdd(filledAround(tile), () => tile),
  );

  test.each(restOfFours(device, `matmul ${name}`))("where it loads by fours, with the tile %s", (_, tile) =>
    expectOdd(filledByFours(tile, dynamic), byFours(tile, dynamic)),
  );
});

test.each(restOfTiles(device, "matmul transposeB, bias"))(
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
