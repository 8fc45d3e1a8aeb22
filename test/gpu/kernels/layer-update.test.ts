import { describe, test } from "vitest";
import { useDevice } from "../../helpers/device.ts";
import {
  all,
  expectHalted,
  expectSquares,
  expectUpdates,
  pairedUpdates,
  partialUpdates,
  update,
} from "../../helpers/layer-updates.ts";
import {
  byFours,
  cutSizes,
  expectingOdd,
  filledAround,
  filledByFours,
  foursOf,
  oddSizes,
  termSizes,
  tilesOf,
} from "../../helpers/tiles.ts";

const device = await useDevice();

/** layer-update.full.test.ts has the rest of the product of optimizers and parts, and the other tiles. */
describe.each(pairedUpdates)("layerUpdate by %s, %s", (_optimizer, _part, variant) => {
  test.each([
    ["for sizes 1 and 3, around what a workgroup takes, and coprime", oddSizes],
    ["where the edge cuts the outputs of an invocation anywhere", cutSizes],
    ["where the sum has 1 to 9 terms", termSizes],
  ])("equals the reference %s", (_, sizes) =>
    expectUpdates(
      device,
      sizes.map((one) => update(variant, one, { offset: 5 })),
    ),
  );

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

  test.each(tilesOf(device, "layerUpdate"))("with the tile %s", (_, tile) => expectOdd(filledAround(tile), () => tile));

  test.each(foursOf(device, "layerUpdate"))("where it loads by fours, with the tile %s", (_, tile) =>
    expectOdd(filledByFours(tile, true), byFours(tile, true)),
  );
});

test.each(tilesOf(device, "layerUpdate"))("layerUpdate › updates nothing once the run has halted, tile %s", (_, tile) =>
  expectHalted(device, { ...all, optimizer: "momentum", tile }),
);
