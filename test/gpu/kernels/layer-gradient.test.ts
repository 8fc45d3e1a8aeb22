import { describe, expect, test } from "vitest";
import { gradientParts, type LayerGradientVariant, SPLIT_ROWS } from "../../../src/kernels/layer-gradient.ts";
import { gamma } from "../../helpers/compare.ts";
import { useDevice } from "../../helpers/device.ts";
import { blank, type Case, expectTwin, magnitudes, random } from "../../helpers/gpu.ts";
import { inputOf, odd, type Sizes, testFours, testSizes, testTiles } from "../../helpers/tiles.ts";

const device = await useDevice();

function gradient(variant: LayerGradientVariant, sizes: Sizes, actual = sizes[1]): Case<"layerGradient"> {
  const [rows, inner, columns] = sizes;
  const { bias, gather } = variant;
  return {
    kernel: "layerGradient",
    variant,
    dims: { rows, inner, columns },
    control: { rows: actual },
    values: {
      // What lies beyond a partial batch is left from another one.
      dz: random(inner * rows, 1).fill(Number.NaN, actual * rows),
      ...inputOf(gather, [inner, columns], actual, 2),
      parts: blank(Math.ceil(inner / SPLIT_ROWS) * rows * (columns + (bias ? 1 : 0))),
    },
  };
}

/** Each part is a sum of at most 512 products in any order, wrong by γₙ₊₂ Σ|dz||x| with the twin's rounding. */
async function expectGradient(given: Case<"layerGradient">) {
  const sizes = magnitudes(given).parts;
  const factor = gamma(Math.min(given.dims.inner, SPLIT_ROWS) + 2);
  return expectTwin(device, given, { parts: (i: number) => factor * (sizes?.[i] ?? 0) });
}

const variants = [true, false].flatMap((bias) =>
  [true, false].map((gather): LayerGradientVariant => ({ bias, gather, tile: odd })),
);

describe.each(variants)("layerGradient, bias $bias, gather $gather", (variant) => {
  testSizes((sizes) => expectGradient(gradient(variant, sizes)));

  test.each([SPLIT_ROWS - 1, SPLIT_ROWS, SPLIT_ROWS + 1, 2 * SPLIT_ROWS + 7])(
    "equals the reference over %i rows of the batch",
    async (inner) => {
      await expectGradient(gradient(variant, [5, inner, 9]));
    },
  );

  test("leaves nothing in the parts that a partial batch does not reach", async () => {
    for (const actual of [1, SPLIT_ROWS, SPLIT_ROWS + 1]) {
      const given = gradient(variant, [5, 3 * SPLIT_ROWS, 9], actual);
      const { written } = await expectGradient(given);
      const reached = Math.ceil(actual / SPLIT_ROWS) * 5 * (variant.bias ? 10 : 9);
      expect(written.parts?.slice(reached).every((value) => value === 0)).toBe(true);
    }
  });
});

describe("layerGradient, all of it", () => {
  testTiles(device, (tile, sizes, actual) => gradient({ bias: true, gather: true, tile }, sizes, actual));
  testFours(device, true, (tile, sizes, actual) => gradient({ bias: true, gather: true, tile }, sizes, actual));
});

test("gradientParts › splits long batches of small layers only", () => {
  expect(gradientParts(64, 4096, 64)).toBe(8);
  expect(gradientParts(64, 4096 - 511, 64)).toBe(8);
  expect(gradientParts(64, 3 * SPLIT_ROWS, 64)).toBe(1);
  expect(gradientParts(128, 4096, 128)).toBe(1);
});
