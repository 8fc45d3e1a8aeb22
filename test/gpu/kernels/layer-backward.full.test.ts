import { describe, test } from "vitest";
import { useDevice } from "../../helpers/device.ts";
import { backward } from "../../helpers/products.ts";
import { byFours, expectingOdd, filledAround, filledByFours, restOfFours, restOfTiles } from "../../helpers/tiles.ts";

const device = await useDevice();

describe("layerBackward gives the bits of the odd tile", () => {
  const expectOdd = expectingOdd(device, (tile, sizes, actual) =>
    backward({ activation: "tanh", tile }, sizes, actual),
  );

  test.each(restOfTiles(device, "layerBackward"))("with the tile %s", (_, tile) =>
    expectOdd(filledAround(tile), () => tile),
  );

  test.each(restOfFours(device, "layerBackward"))("where it loads by fours, with the tile %s", (_, tile) =>
    expectOdd(filledByFours(tile, false), byFours(tile, false)),
  );
});
