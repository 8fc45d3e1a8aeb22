import { describe, expect, test } from "vitest";
import { activations } from "../../../src/model/activation.ts";
import { useDevice } from "../../helpers/device.ts";
import { expectTwin, expectTwins } from "../../helpers/gpu.ts";
import { backward, backwardTolerances, expectLeft, partialSizes } from "../../helpers/products.ts";
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

describe.each(activations)("layerBackward %s", (activation) => {
  const variant = { activation, tile: odd };

  test.each([
    ["for sizes 1 and 3, around what a workgroup takes, and coprime", oddSizes],
    ["where the edge cuts the outputs of an invocation anywhere", cutSizes],
    ["where the sum has 1 to 9 terms", termSizes],
  ])("equals the reference %s", async (_, sizes) => {
    await expectTwins(
      device,
      sizes.map((one) => backward(variant, one)),
      backwardTolerances,
    );
  });

  test("leaves the rows beyond a partial batch as they were", async () => {
    const cases = partialRows.map((actual) => backward(variant, partialSizes, actual));
    expectLeft(await expectTwins(device, cases, backwardTolerances), "below");
  });
});

/** layer-backward.full.test.ts tries the other tiles. */
describe("layerBackward gives the bits of the odd tile", () => {
  const expectOdd = expectingOdd(device, (tile, sizes, actual) =>
    backward({ activation: "tanh", tile }, sizes, actual),
  );

  test.each(tilesOf(device, "layerBackward"))("with the tile %s", (_, tile) =>
    expectOdd(filledAround(tile), () => tile),
  );

  test.each(foursOf(device, "layerBackward"))("where it loads by fours, with the tile %s", (_, tile) =>
    expectOdd(filledByFours(tile, false), byFours(tile, false)),
  );
});

test("layerBackward relu › takes the slope 0 where h is 0", async () => {
  const given = backward({ activation: "relu", tile: odd }, [1, 1, 4]);
  const h = Float32Array.of(0, -0, 1, 1e-30);
  const { written } = await expectTwin(device, { ...given, values: { ...given.values, h } }, backwardTolerances(given));
  expect(Array.from(written.below ?? [], (value) => value === 0)).toEqual([true, true, false, false]);
});
