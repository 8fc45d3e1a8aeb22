import { describe, test } from "vitest";
import { useDevice } from "../../helpers/device.ts";
import { expectTwins } from "../../helpers/gpu.ts";
import { expectLeft, forward, forwardTolerances, otherForward, partialSizes } from "../../helpers/products.ts";
import {
  byFours,
  cutSizes,
  expectingOdd,
  filledAround,
  filledByFours,
  oddSizes,
  partialRows,
  restOfFours,
  restOfTiles,
  termSizes,
} from "../../helpers/tiles.ts";

const device = await useDevice();

describe.each(otherForward)("layerForward $activation, bias $bias, gather $gather", (variant) => {
  test("equals the reference for any sizes", async () => {
    const cases = [...oddSizes, ...cutSizes, ...termSizes].map((sizes) => forward(variant, sizes));
    await expectTwins(device, cases, forwardTolerances);
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

  test.each(gather ? restOfTiles(device, "layerForward") : [])("with the tile %s", (_, tile) =>
    expectOdd(filledAround(tile), () => tile),
  );

  test.each(restOfFours(device, gather ? "layerForward, gather" : "layerForward"))(
    "where it loads by fours, with the tile %s",
    (_, tile) => expectOdd(filledByFours(tile, false), byFours(tile, false)),
  );
});
