import { describe, test } from "vitest";
import { useDevice } from "../../helpers/device.ts";
import {
  all,
  expectHalted,
  expectSquares,
  expectUpdates,
  otherUpdates,
  partialUpdates,
  update,
} from "../../helpers/layer-updates.ts";
import {
  byFours,
  cutSizes,
  expectingOdd,
  filledAround,
  filledByFours,
  oddSizes,
  restOfFours,
  restOfTiles,
  termSizes,
} from "../../helpers/tiles.ts";

const device = await useDevice();

describe.each(otherUpdates)("layerUpdate by %s, %s", (_optimizer, _part, variant) => {
  test("equals the reference for any sizes", () =>
    expectUpdates(
      device,
      [...oddSizes, ...cutSizes, ...termSizes].map((sizes) => update(variant, sizes, { offset: 5 })),
    ));

  test("equals the reference in the first step and after many, over 1 to 9 rows of a partial batch", () =>
    expectUpdates(device, partialUpdates(variant)));

  test("updates nothing once the run has halted", () => expectHalted(device, variant));
});

describe("layerUpdate gives the bits of the odd tile", () => {
  const expectOdd = expectingOdd(
    device,
    (tile, sizes, actual) => update({ ...all, optimizer: "momentum", tile }, sizes, { actual, offset: 5 }),
    expectSquares,
  );

  test.each(restOfTiles(device, "layerUpdate"))("with the tile %s", (_, tile) =>
    expectOdd(filledAround(tile), () => tile),
  );

  test.each(restOfFours(device, "layerUpdate"))("where it loads by fours, with the tile %s", (_, tile) =>
    expectOdd(filledByFours(tile, true), byFours(tile, true)),
  );
});

test.each(restOfTiles(device, "layerUpdate"))(
  "layerUpdate › updates nothing once the run has halted, tile %s",
  (_, tile) => expectHalted(device, { ...all, optimizer: "momentum", tile }),
);
