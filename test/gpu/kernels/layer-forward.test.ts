import { describe, expect, test } from "vitest";
import { useDevice } from "../../helpers/device.ts";
import { expectTwins, runOnGpu } from "../../helpers/gpu.ts";
import { expectLeft, forward, forwardTolerances, pairedForward, partialSizes } from "../../helpers/products.ts";
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

/** Every pair of an activation, a bias and gathered rows; layer-forward.full.test.ts has the rest of the product, and of the tiles. */
describe.each(pairedForward)("layerForward $activation, bias $bias, gather $gather", (variant) => {
  test.each([
    ["for sizes 1 and 3, around what a workgroup takes, and coprime", oddSizes],
    ["where the edge cuts the outputs of an invocation anywhere", cutSizes],
    ["where the sum has 1 to 9 terms", termSizes],
  ])("equals the reference %s", async (_, sizes) => {
    await expectTwins(
      device,
      sizes.map((one) => forward(variant, one)),
      forwardTolerances,
    );
  });

  test("leaves the rows beyond a partial batch as they were", async () => {
    const cases = partialRows.map((actual) => forward(variant, partialSizes, actual));
    expectLeft(await expectTwins(device, cases, forwardTolerances), "h");
  });
});

describe.each([true, false])("layerForward, gather %s, gives the bits of the odd tile", (gather) => {
  const expectOdd = expectingOdd(device, (tile, sizes, actual) =>
    forward({ activation: "tanh", bias: true, gather, tile }, sizes, actual),
  );

  test.each(gather ? tilesOf(device, "layerForward") : [])("with the tile %s", (_, tile) =>
    expectOdd(filledAround(tile), () => tile),
  );

  test.each(foursOf(device, gather ? "layerForward, gather" : "layerForward"))(
    "where it loads by fours, with the tile %s",
    (_, tile) => expectOdd(filledByFours(tile, false), byFours(tile, false)),
  );
});

test.each([
  ["odd, rows as they lie", odd, false] as const,
  ["odd", odd, true] as const,
  ...tilesOf(device, "layerForward").map(([name, tile]) => [name, tile, true] as const),
])("layerForward › a row whose inputs are not finite spoils its own row only, tile %s", async (_, tile, gather) => {
  const given = forward({ activation: "tanh", bias: true, gather, tile }, [5, 3, 4]);
  const x = given.values.x?.slice() ?? new Float32Array();
  x[1 * 3 + 2] = Number.NaN;
  const order = gather ? { order: Uint32Array.of(4, 1, 0, 3, 2) } : {};
  const { written } = await runOnGpu(device, { ...given, values: { ...given.values, x, ...order } });
  const finite = Array.from(written.h ?? [], Number.isFinite);
  expect(finite).toEqual(Array.from({ length: 20 }, (_, i) => Math.floor(i / 4) !== 1));
});
