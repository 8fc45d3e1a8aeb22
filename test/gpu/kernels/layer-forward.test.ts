import { describe, expect, test } from "vitest";
import type { LayerForwardVariant } from "../../../src/kernels/layer-forward.ts";
import { activations } from "../../../src/model/activation.ts";
import { gamma, type Words } from "../../helpers/compare.ts";
import { useDevice } from "../../helpers/device.ts";
import { blank, type Case, expectTwin, inDouble, magnitudes, random, runOnCpu, runOnGpu } from "../../helpers/gpu.ts";
import { inputOf, odd, type Sizes, testFours, testPartialBatch, testSizes, testTiles } from "../../helpers/tiles.ts";
import { activatedError } from "../../helpers/tolerances.ts";

const device = await useDevice();

function layer(variant: LayerForwardVariant, sizes: Sizes, actual = sizes[0]): Case<"layerForward"> {
  const [rows, inner, columns] = sizes;
  const { bias, gather } = variant;
  const values: Record<string, Words> = {
    ...inputOf(gather, [rows, inner], actual, 1),
    w: random(columns * inner, 2),
    h: blank(rows * columns),
  };
  if (bias) values.bias = random(columns, 3);
  return { kernel: "layerForward", variant, dims: { rows, inner, columns }, control: { rows: actual }, values };
}

/** z is a sum of products, wrong by γₙ₊₂ (Σ|x||w| + |b|) with the twin's rounding; φ adds its own error. */
function tolerance(given: Case<"layerForward">) {
  const linear: Case<"layerForward"> = { ...given, variant: { ...given.variant, activation: "identity" } };
  const [size, z] = [magnitudes(linear).h, runOnCpu(linear, inDouble).written.h];
  const factor = gamma(given.dims.inner + 2);
  return { h: (i: number) => activatedError(given.variant.activation, z?.[i] ?? 0, factor * (size?.[i] ?? 0)) };
}

const expectForward = (variant: LayerForwardVariant) => (sizes: Sizes, actual?: number) => {
  const given = layer(variant, sizes, actual);
  return expectTwin(device, given, tolerance(given));
};

/** Every activation with and without bias and gathered rows. */
const variants = activations.flatMap((activation) =>
  [true, false].flatMap((bias) =>
    [true, false].map((gather): LayerForwardVariant => ({ activation, bias, gather, tile: odd })),
  ),
);

describe.each(variants)("layerForward $activation, bias $bias, gather $gather", (variant) => {
  testSizes(expectForward(variant));
  testPartialBatch("h", expectForward(variant));
});

describe("layerForward", () => {
  testTiles(device, (tile, sizes, actual) =>
    layer({ activation: "tanh", bias: true, gather: true, tile }, sizes, actual),
  );
  for (const gather of [true, false]) {
    testFours(device, false, (tile, sizes, actual) =>
      layer({ activation: "tanh", bias: true, gather, tile }, sizes, actual),
    );
  }
});

test("layerForward › a row whose inputs are not finite spoils its own row only", async () => {
  const given = layer({ activation: "tanh", bias: true, gather: false, tile: odd }, [5, 3, 4]);
  const x = random(15, 1);
  x[1 * 3 + 2] = Number.NaN;
  const { written } = await runOnGpu(device, { ...given, values: { ...given.values, x } });
  const finite = Array.from(written.h ?? [], Number.isFinite);
  expect(finite).toEqual(Array.from({ length: 20 }, (_, i) => Math.floor(i / 4) !== 1));
});
