import { describe, expect, test } from "vitest";
import { gradientParts, type LayerGradientVariant, SPLIT_ROWS } from "../../../src/kernels/layer-gradient.ts";
import { useDevice } from "../../helpers/device.ts";
import { expectTwins } from "../../helpers/gpu.ts";
import { gradient, gradientTolerances } from "../../helpers/products.ts";
import {
  byFours,
  cutSizes,
  expectingOdd,
  filledAround,
  filledByFours,
  foursOf,
  odd,
  oddSizes,
  type Sizes,
  termSizes,
  tilesOf,
} from "../../helpers/tiles.ts";

const device = await useDevice();

const variants = [true, false].flatMap((bias) =>
  [true, false].map((gather): LayerGradientVariant => ({ bias, gather, tile: odd })),
);

describe.each(variants)("layerGradient, bias $bias, gather $gather", (variant) => {
  test.each([
    ["for sizes 1 and 3, around what a workgroup takes, and coprime", oddSizes],
    ["where the edge cuts the outputs of an invocation anywhere", cutSizes],
    ["where the sum has 1 to 9 terms", termSizes],
    [
      "over as many rows of the batch as a part has, fewer and more",
      [SPLIT_ROWS - 1, SPLIT_ROWS, SPLIT_ROWS + 1, 2 * SPLIT_ROWS + 7].map((inner): Sizes => [5, inner, 9]),
    ],
  ])("equals the reference %s", async (_, sizes) => {
    await expectTwins(
      device,
      sizes.map((one) => gradient(variant, one)),
      gradientTolerances,
    );
  });

  test("leaves nothing in the parts that a partial batch does not reach", async () => {
    const filled = [1, SPLIT_ROWS, SPLIT_ROWS + 1];
    const cases = filled.map((actual) => gradient(variant, [5, 3 * SPLIT_ROWS, 9], actual));
    const outcomes = await expectTwins(device, cases, gradientTolerances);
    filled.forEach((actual, index) => {
      const parts = outcomes[index]?.written.parts ?? [];
      const reached = Math.ceil(actual / SPLIT_ROWS) * 5 * (variant.bias ? 10 : 9);
      expect(parts.length).toBeGreaterThan(reached);
      expect(parts.slice(reached).every((value) => value === 0)).toBe(true);
    });
  });
});

/** layer-gradient.full.test.ts tries the other tiles. */
describe("layerGradient gives the bits of the odd tile", () => {
  const expectOdd = expectingOdd(device, (tile, sizes, actual) =>
    gradient({ bias: true, gather: true, tile }, sizes, actual),
  );

  test.each(tilesOf(device, "layerGradient"))("with the tile %s", (_, tile) =>
    expectOdd(filledAround(tile), () => tile),
  );

  test.each(foursOf(device, "layerGradient"))("where it loads by fours, with the tile %s", (_, tile) =>
    expectOdd(filledByFours(tile, true), byFours(tile, true)),
  );
});

test("gradientParts › splits long batches of small layers only", () => {
  expect(gradientParts(64, 4096, 64)).toBe(8);
  expect(gradientParts(64, 4096 - 511, 64)).toBe(8);
  expect(gradientParts(64, 3 * SPLIT_ROWS, 64)).toBe(1);
  expect(gradientParts(128, 4096, 128)).toBe(1);
});
