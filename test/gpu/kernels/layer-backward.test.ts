import { afterAll, describe, expect, test } from "vitest";
import { PRODUCT_GROUP } from "../../../shaders/lib/product.wgsl.ts";
import { openDevice } from "../../../src/device/open.ts";
import type { LayerBackwardVariant } from "../../../src/kernels/layer-backward.ts";
import { activations } from "../../../src/model/activation.ts";
import { activationFunctions } from "../../../src/reference/activation.ts";
import { expectSameBits, gamma } from "../../helpers/compare.ts";
import { blank, type Case, expectTwin, inDouble, magnitudes, random, runOnCpu, runOnGpu } from "../../helpers/gpu.ts";
import { deltaError } from "../../helpers/tolerances.ts";

const device = await openDevice();
afterAll(() => device.destroy());

type Sizes = readonly [rows: number, inner: number, columns: number];

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

const variants = activations.flatMap((activation) =>
  ([4, 8] as const).map((tile): LayerBackwardVariant => ({ activation, tile })),
);

describe.each(variants)("layerBackward $activation, tile $tile", (variant) => {
  const side = variant.tile * PRODUCT_GROUP;

  test("equals the reference for sizes 1 and 3, around what a workgroup takes, and coprime", async () => {
    const edges = [side - 1, side, side + 1].flatMap((size): Sizes[] => [
      [size, 3, 1],
      [1, 5, size],
    ]);
    for (const sizes of [[1, 1, 1], [3, 3, 3], ...edges, [side + 1, 7, side + 3], [33, 17, 19]] as Sizes[]) {
      const given = layer(variant, sizes);
      await expectTwin(device, given, tolerance(given));
    }
  });

  test("equals the reference where the sum has 1 to 9 terms", async () => {
    for (let inner = 1; inner <= 9; inner++) {
      const given = layer(variant, [5, inner, 9]);
      await expectTwin(device, given, tolerance(given));
    }
  });

  test("leaves the rows beyond a partial batch as they were", async () => {
    for (const actual of [1, 5, 32, 33]) {
      const given = layer(variant, [47, 17, 19], actual);
      const { written } = await expectTwin(device, given, tolerance(given));
      expect(written.below?.slice(actual * 19)).toEqual(blank((47 - actual) * 19));
    }
  });
});

test.each(activations)("layerBackward %s › gives the same bits with either tile", async (activation) => {
  for (const sizes of [
    [33, 65, 19],
    [65, 6, 70],
  ] as const) {
    const [small, large] = [
      await runOnGpu(device, layer({ activation, tile: 4 }, sizes)),
      await runOnGpu(device, layer({ activation, tile: 8 }, sizes)),
    ];
    expectSameBits("dz", large.written.below ?? blank(0), small.written.below ?? blank(1));
  }
});

test("layerBackward relu › takes the slope 0 where h is 0", async () => {
  const given = layer({ activation: "relu", tile: 4 }, [1, 1, 4]);
  const h = Float32Array.of(0, -0, 1, 1e-30);
  const { written } = await expectTwin(
    device,
    { ...given, values: { ...given.values, h } },
    { below: tolerance(given).below },
  );
  expect(Array.from(written.below ?? [], (value) => value === 0)).toEqual([true, true, false, false]);
});
