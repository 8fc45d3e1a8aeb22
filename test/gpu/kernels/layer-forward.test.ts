import { afterAll, describe, expect, test } from "vitest";
import { PRODUCT_GROUP } from "../../../shaders/lib/product.wgsl.ts";
import { openDevice } from "../../../src/device/open.ts";
import type { LayerForwardVariant } from "../../../src/kernels/layer-forward.ts";
import { activations } from "../../../src/model/activation.ts";
import { expectSameBits, gamma, type Words } from "../../helpers/compare.ts";
import {
  blank,
  type Case,
  expectTwin,
  inDouble,
  magnitudes,
  random,
  randomIntegers,
  runOnCpu,
  runOnGpu,
} from "../../helpers/gpu.ts";
import { activatedError } from "../../helpers/tolerances.ts";

const device = await openDevice();
afterAll(() => device.destroy());

type Sizes = readonly [rows: number, inner: number, columns: number];

/** Rows of the resident data, of which `order` picks some, one of them twice. */
const DATA_ROWS = 50;

function layer(variant: LayerForwardVariant, sizes: Sizes, actual = sizes[0]): Case<"layerForward"> {
  const [rows, inner, columns] = sizes;
  const { bias, gather } = variant;
  // What lies beyond a partial batch is left from another one.
  const x = gather ? random(DATA_ROWS * inner, 1) : random(rows * inner, 1).fill(Number.NaN, actual * inner);
  const values: Record<string, Words> = { x, w: random(columns * inner, 2), h: blank(rows * columns) };
  if (bias) values.bias = random(columns, 3);
  if (gather) values.order = randomIntegers(rows, 4, DATA_ROWS);
  return { kernel: "layerForward", variant, dims: { rows, inner, columns }, control: { rows: actual }, values };
}

/** z is a sum of products, wrong by γₙ₊₂ (Σ|x||w| + |b|) with the twin's rounding; φ adds its own error. */
function tolerance(given: Case<"layerForward">) {
  const linear: Case<"layerForward"> = { ...given, variant: { ...given.variant, activation: "identity" } };
  const [size, z] = [magnitudes(linear).h, runOnCpu(linear, inDouble).written.h];
  const factor = gamma(given.dims.inner + 2);
  return { h: (i: number) => activatedError(given.variant.activation, z?.[i] ?? 0, factor * (size?.[i] ?? 0)) };
}

/** Every activation with and without bias and gathered rows; with the large tile, which only the edges see, one of each. */
const variants: readonly LayerForwardVariant[] = [
  ...activations.flatMap((activation) =>
    [true, false].flatMap((bias) =>
      [true, false].map((gather): LayerForwardVariant => ({ activation, bias, gather, tile: 4 })),
    ),
  ),
  { activation: "identity", bias: true, gather: true, tile: 8 },
  { activation: "relu", bias: true, gather: false, tile: 8 },
  { activation: "sigmoid", bias: false, gather: true, tile: 8 },
  { activation: "tanh", bias: false, gather: false, tile: 8 },
];

describe.each(variants)("layerForward $activation, bias $bias, gather $gather, tile $tile", (variant) => {
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
      expect(written.h?.slice(actual * 19)).toEqual(blank((47 - actual) * 19));
    }
  });
});

test("layerForward › gives the same bits with either tile", async () => {
  for (const variant of variants.filter(({ tile }) => tile === 8)) {
    for (const sizes of [
      [33, 65, 19],
      [65, 6, 70],
    ] as const) {
      const [small, large] = [
        await runOnGpu(device, layer({ ...variant, tile: 4 }, sizes)),
        await runOnGpu(device, layer(variant, sizes)),
      ];
      expectSameBits(`h ${variant.activation}`, large.written.h ?? blank(0), small.written.h ?? blank(1));
    }
  }
});

test("layerForward › a row whose inputs are not finite spoils its own row only", async () => {
  const given = layer({ activation: "tanh", bias: true, gather: false, tile: 4 }, [5, 3, 4]);
  const x = random(15, 1);
  x[1 * 3 + 2] = Number.NaN;
  const { written } = await runOnGpu(device, { ...given, values: { ...given.values, x } });
  const finite = Array.from(written.h ?? [], Number.isFinite);
  expect(finite).toEqual(Array.from({ length: 20 }, (_, i) => Math.floor(i / 4) !== 1));
});
