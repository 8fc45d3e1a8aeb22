import { expect } from "vitest";
import type { LayerBackwardVariant } from "../../src/kernels/layer-backward.ts";
import type { LayerForwardVariant } from "../../src/kernels/layer-forward.ts";
import { type LayerGradientVariant, SPLIT_ROWS } from "../../src/kernels/layer-gradient.ts";
import type { MatmulVariant } from "../../src/kernels/matmul.ts";
import { activations } from "../../src/model/activation.ts";
import { activationFunctions } from "../../src/reference/activation.ts";
import { gamma, type Words } from "./compare.ts";
import { blank, type Case, inDouble, magnitudes, type Outcome, random, runOnCpu, type Tolerances } from "./gpu.ts";
import { inputOf, odd, partialRows, type Sizes } from "./tiles.ts";
import { activatedError, deltaError } from "./tolerances.ts";

/** Calls of the kernels that are products, and how wrong what they write may be. */

/** h = φ(x Wᵀ + b), for so many actual rows of a batch that has room for more. */
export function forward(variant: LayerForwardVariant, sizes: Sizes, actual = sizes[0]): Case<"layerForward"> {
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
export function forwardTolerances(given: Case<"layerForward">): Tolerances {
  const linear: Case<"layerForward"> = { ...given, variant: { ...given.variant, activation: "identity" } };
  const [size, z] = [magnitudes(linear).h, runOnCpu(linear, inDouble).written.h];
  const factor = gamma(given.dims.inner + 2);
  return { h: (i) => activatedError(given.variant.activation, z?.[i] ?? 0, factor * (size?.[i] ?? 0)) };
}

/** Every activation with and without bias and gathered rows. */
const forwardVariants = activations.flatMap((activation) =>
  [true, false].flatMap((bias) =>
    [true, false].map((gather): LayerForwardVariant => ({ activation, bias, gather, tile: odd })),
  ),
);

/** Whether a variant is one of the half that has every pair of an activation, a bias and gathered rows. */
const paired = ({ activation, bias, gather }: Pick<LayerForwardVariant, "activation" | "bias" | "gather">) =>
  (bias === gather) === (activations.indexOf(activation) % 2 === 0);

export const pairedForward = forwardVariants.filter(paired);
export const otherForward = forwardVariants.filter((variant) => !paired(variant));

/** dz⁽ˡ⁻¹⁾ = (dz⁽ˡ⁾ W) ⊙ φ′(z⁽ˡ⁻¹⁾). */
export function backward(variant: LayerBackwardVariant, sizes: Sizes, actual = sizes[0]): Case<"layerBackward"> {
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
export function backwardTolerances(given: Case<"layerBackward">): Tolerances {
  const linear: Case<"layerBackward"> = { ...given, variant: { ...given.variant, activation: "identity" } };
  const [size, dh] = [magnitudes(linear).below, runOnCpu(linear, inDouble).written.below];
  const { h } = given.values;
  const factor = gamma(given.dims.inner + 2);
  return {
    below: (i) =>
      deltaError(given.variant.activation, dh?.[i] ?? 0, factor * (size?.[i] ?? 0), h?.[i] ?? Number.NaN, 0),
  };
}

/** gW = dzᵀ x and gb = Σ dz in parts, over so many actual rows of a batch. */
export function gradient(variant: LayerGradientVariant, sizes: Sizes, actual = sizes[1]): Case<"layerGradient"> {
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
export function gradientTolerances(given: Case<"layerGradient">): Tolerances {
  const sizes = magnitudes(given).parts;
  const factor = gamma(Math.min(given.dims.inner, SPLIT_ROWS) + 2);
  return { parts: (i) => factor * (sizes?.[i] ?? 0) };
}

/** The three products of a dense layer, the forward one without bias, and one of two transposed operands. */
export const matmulVariants = {
  "transposeB, bias": { transposeA: false, transposeB: true, bias: true },
  transposeB: { transposeA: false, transposeB: true, bias: false },
  plain: { transposeA: false, transposeB: false, bias: false },
  transposeA: { transposeA: true, transposeB: false, bias: false },
  "transposeA, transposeB, bias": { transposeA: true, transposeB: true, bias: true },
} as const;

/** c = a b (+ bias), for `actual` rows of a batch that has room for more: rows of c, or with transposeA the inner size. */
export function matmul(variant: MatmulVariant, sizes: Sizes, actual?: number): Case<"matmul"> {
  const [rows, inner, columns] = sizes;
  const values: Record<string, Words> = {
    a: random(rows * inner, 1),
    b: random(inner * columns, 2),
    c: blank(rows * columns),
  };
  if (variant.bias) values.bias = random(columns, 3);
  const control = { rows: actual ?? (variant.transposeA ? inner : rows) };
  return { kernel: "matmul", variant, dims: { rows, inner, columns }, control, values };
}

/**
 * n products, n − 1 sums in any order and the bias: γₙ₊₁ (Σ|a||b| + |bias|) (Higham 2002, section 3.1), and one rounding
 * for the twin's own result.
 */
export function matmulTolerances(given: Case<"matmul">): Tolerances {
  const { c } = magnitudes(given);
  const factor = gamma(given.dims.inner + 2);
  return { c: (i) => factor * (c?.[i] ?? 0) };
}

/** A batch of 47 rows, of which the `partialRows` are filled. */
export const partialSizes: Sizes = [47, 17, 19];

/** Asserts that calls over `partialSizes` left the rows beyond the filled ones as they were. */
export function expectLeft(outcomes: readonly Outcome[], output: string): void {
  const [rows, , columns] = partialSizes;
  expect(outcomes).toHaveLength(partialRows.length);
  partialRows.forEach((actual, index) => {
    expect(outcomes[index]?.written[output]?.slice(actual * columns)).toEqual(blank((rows - actual) * columns));
  });
}
