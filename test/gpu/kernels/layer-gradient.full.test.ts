import { describe, test } from "vitest";
import { useDevice } from "../../helpers/device.ts";
import { gradient } from "../../helpers/products.ts";
import { byFours, expectingOdd, filledAround, filledByFours, restOfFours, restOfTiles } from "../../helpers/tiles.ts";

const device = await useDevice();

describe("layerGradient gives the bits of the odd tile", () => {
  const expectOdd = expectingOdd(device, (tile, sizes, actual) =>
    gradient({ bias: true, gather: true, tile }, sizes, actual),
  );

  test.each(restOfTiles(device, "layerGradient"))("with the tile %s", (_, tile) =>
    expectOdd(filledAround(tile), () => tile),
  );

  test.each(restOfFours(device, "layerGradient"))("where it loads by fours, with the tile %s", (_, tile) =>
    expectOdd(filledByFours(tile, true), byFours(tile, true)),
  );
});
