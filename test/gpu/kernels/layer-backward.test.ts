import { describe, expect, test } from "vitest";
import type { LayerBackwardVariant } from "../../../src/kernels/layer-backward.ts";
import { activations } from "../../../src/model/activation.ts";
import { activationFunctions } from "../../../src/reference/activation.ts";
import { gamma } from "../../helpers/compare.ts";
import { useDevice } from "../../helpers/device.ts";
import { blank, type Case, expectTwin, inDouble, magnitudes, random, runOnCpu } from "../../helpers/gpu.ts";
import { odd, type Sizes, testFours, testPartialBatch, testSizes, testTiles } from "../../helpers/tiles.ts";
import { deltaError } from "../../helpers/tolerances.ts";

const device = await useDevice();

function layer(variant: LayerBackwardVariant, sizes: Sizes, actual = sizes[0]): Case<"layerBackward"> {
  const [rows, inner, columns] = sizes;
  return {
    kernel: "layerBackward",
    variant,
    dims: { rows, inner, columns },
    control: { rows: actual },
    values: {
      dz: random(rows * inner, 1).fill(Number.NaN, actual * inner),
      w: random(inner * columns, 2),
      h: random(rows * columns, 3, 3).map(activationFunctions[variant.activation].value),
      below: blank(rows * columns),
    },
  };
}

/** dh is a sum of products, wrong by γₙ₊₂ Σ|dz||w| with the twin's rounding; the slope multiplies it. */
function tolerance(given: Case<"layerBackward">) {
  const linear: Case<"layerBackward"> = { ...given, variant: { ...given.variant, activation: "identity" } };
  const [size, dh] = [magnitudes(linear).below, runOnCpu(linear, inDouble).written.below];
  const factor = gamma(given.dims.inner + 2);
  return {
    below: (i: number) =>
      deltaError(
        given.variant.activation,
        dh?.[i] ?? 0,
        factor * (size?.[i] ?? 0),
        given.values.h?.[i] ?? Number.NaN,
        0,
      ),
  };
}

const expectBackward = (variant: LayerBackwardVariant) => (sizes: Sizes, actual?: number) => {
  const given = layer(variant, sizes, actual);
  return expectTwin(device, given, tolerance(given));
};

describe.each(activations)("layerBackward %s", (activation) => {
  testSizes(expectBackward({ activation, tile: odd }));
  testPartialBatch("below", expectBackward({ activation, tile: odd }));
});

describe("layerBackward", () => {
  testTiles(device, (tile, sizes, actual) => layer({ activation: "tanh", tile }, sizes, actual));
  testFours(device, false, (tile, sizes, actual) => layer({ activation: "tanh", tile }, sizes, actual));
});

test("layerBackward relu › takes the slope 0 where h is 0", async () => {
  const given = layer({ activation: "relu", tile: odd }, [1, 1, 4]);
  const h = Float32Array.of(0, -0, 1, 1e-30);
  const { written } = await expectTwin(
    device,
    { ...given, values: { ...given.values, h } },
    { below: tolerance(given).below },
  );
  expect(Array.from(written.below ?? [], (value) => value === 0)).toEqual([true, true, false, false]);
});
