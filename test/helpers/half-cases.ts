import { expect } from "vitest";
import type { Device } from "../../src/device/open.ts";
import type { LayerForwardVariant } from "../../src/kernels/layer-forward.ts";
import { anyHardware, smallSquare, type Tile, tileFor } from "../../src/kernels/tile.ts";
import type { Loss } from "../../src/model/loss.ts";
import { gamma, type Words } from "./compare.ts";
import {
  blank,
  type Case,
  expectTwins,
  inDouble,
  magnitudes,
  random,
  randomIntegers,
  runOnCpu,
  type Tolerances,
} from "./gpu.ts";
import { halved, storedError } from "./half.ts";
import { targets } from "./targets.ts";
import { activatedError, deltaError, rowDeltas, rowErrors } from "./tolerances.ts";

/** Calls of the kernels of which some operands are f16, and how wrong what they write may be. */

/** Rows of the resident data, which stay f32. */
export const DATA_ROWS = 50;

/** S of these tests. */
export const lossScale = 64;

export type Sizes = readonly [rows: number, columns: number, inner: number];

/** Odd sizes too, so that two rows share a word. */
export const sizes: readonly Sizes[] = [
  [1, 1, 1],
  [5, 3, 4],
  [33, 19, 17],
];

/** Values of the batch's rows, what lies beyond a partial batch left from another one. */
export const batch = (rows: number, columns: number, seed: number, actual = rows) =>
  halved(random(rows * columns, seed)).fill(Number.NaN, actual * columns);

export type Forward = Case<"layerForward">;

/** h = φ(x Wᵀ + b), of f16 where `half` says so, for so many actual rows. */
export function forward(variant: LayerForwardVariant, [rows, columns, inner]: Sizes, actual = rows): Forward {
  const { bias, gather, half } = variant;
  const values: Record<string, Words> = {
    x: gather ? random(DATA_ROWS * inner, 1) : batch(rows, inner, 1, actual),
    w: halved(random(columns * inner, 2)),
    h: halved(blank(rows * columns)),
  };
  if (bias) values.bias = random(columns, 3);
  if (gather) values.order = randomIntegers(rows, 4, DATA_ROWS);
  const halves = ["w", ...(gather ? [] : ["x"]), ...(half === "hidden" ? ["h"] : [])];
  return { kernel: "layerForward", variant, dims: { rows, inner, columns }, control: { rows: actual }, values, halves };
}

/** As that of f32: products of two f16 are exact there, so that no more is rounded but what is stored. */
function forwardTolerances(given: Forward): Tolerances {
  const { activation, half } = given.variant;
  const linear: Forward = { ...given, variant: { ...given.variant, activation: "identity", half: "output" } };
  const [size, z] = [magnitudes(linear).h, runOnCpu(linear, inDouble).written.h];
  const factor = gamma(given.dims.inner + 2);
  const error = (i: number) => activatedError(activation, z?.[i] ?? 0, factor * (size?.[i] ?? 0));
  return { h: half === "hidden" ? storedError(runOnCpu(given).written.h, error) : error };
}

/** What a GPU of which nothing is known takes for the largest of these sizes. */
export const tile = tileFor({ rows: 33, inner: 17, columns: 19, transposeA: false, transposeB: true }, anyHardware);

/** What a GPU stages in workgroup memory. */
export const square: Tile = { ...tile, ...smallSquare };

/** Asserts that a layer of every size, filled and with one row, equals the reference. */
export async function expectForward(device: Device, variant: LayerForwardVariant): Promise<void> {
  const filled = sizes.flatMap((size) => [1, size[0]].map((actual) => ({ size, actual })));
  const cases = filled.map(({ size, actual }) => forward(variant, size, actual));
  const outcomes = await expectTwins(device, cases, forwardTolerances);
  filled.forEach(({ size: [rows, columns], actual }, index) => {
    const { written, control } = outcomes[index] ?? {};
    expect(written?.h?.slice(actual * columns)).toEqual(halved(blank((rows - actual) * columns)));
    expect(control?.halted).toBe(0);
  });
}

/** Sums over a row: o = x Wᵀ, and how wrong each may be. */
function outputs(given: Case<"outputLoss">) {
  const { rows, inner } = given.dims;
  const { units } = given.variant;
  const { x, w, order } = given.values;
  return Array.from({ length: rows * units }, (_, index) => {
    const [i, j] = [Math.floor(index / units), index % units];
    const terms = Array.from({ length: inner }, (_, k) => {
      const own = given.variant.gather ? (order?.[i] ?? 0) : i;
      return (x?.[own * inner + k] ?? 0) * (w?.[j * inner + k] ?? 0);
    });
    const sum = terms.reduce((total, term) => total + term, 0);
    return { sum, error: gamma(inner + 1) * terms.reduce((total, term) => total + Math.abs(term), 0) };
  });
}

/** The tolerances of ℓ and of Sdz as it is stored, out of o and how wrong it may be. */
export function lossTolerances(
  loss: Loss,
  units: number,
  o: readonly { readonly sum: number; readonly error: number }[],
  y: Words | undefined,
  stored: ArrayLike<number> | undefined,
  order?: Words,
) {
  const rows = Array.from({ length: o.length / units }, (_, i) => {
    const own = o.slice(i * units, (i + 1) * units);
    const at = own.map(({ sum }) => sum);
    const target = targets[loss].row(y ?? new Float32Array(), order?.[i] ?? i, units);
    const errors = rowErrors(loss, at, target, Math.max(...own.map(({ error }) => error)));
    const deltas = rowDeltas(loss, at, target);
    return {
      loss: errors.loss,
      delta: deltas.map((delta, j) => lossScale * deltaError("identity", delta, errors.delta[j] ?? 0, at[j] ?? 0, 0)),
    };
  });
  return {
    scores: (index: number) => (index % 2 === 0 ? (rows[index / 2]?.loss ?? 0) : 0),
    delta: storedError(stored, (index) => rows[Math.floor(index / units)]?.delta[index % units] ?? 0),
  };
}

/** The deltas of a narrow output, scaled. */
export function outputDeltas(
  { loss, gather, units }: { readonly loss: Loss; readonly gather: boolean; readonly units: number },
  rows: number,
  inner: number,
): Case<"outputLoss"> {
  return {
    kernel: "outputLoss",
    variant: {
      activation: "identity",
      bias: false,
      gather,
      loss,
      units,
      delta: true,
      half: true,
      group: 32,
      subgroups: false,
    },
    dims: { rows, inner },
    control: { rows, lossScale },
    values: {
      x: gather ? random(DATA_ROWS * inner, 1) : batch(rows, inner, 1),
      w: halved(random(units * inner, 2)),
      y: targets[loss].of(DATA_ROWS, units, 5),
      scores: blank(2 * rows),
      dz: halved(blank(rows * units)),
      order: randomIntegers(rows, 4, DATA_ROWS),
    },
    halves: ["w", "dz", ...(gather ? [] : ["x"])],
  };
}

/** Asserts that the scores and the deltas of narrow outputs equal the reference, and that nothing halts. */
export async function expectDeltas(device: Device, cases: readonly Case<"outputLoss">[]): Promise<void> {
  const outcomes = await expectTwins(device, cases, (given) => {
    const { loss, units } = given.variant;
    const { y, order } = given.values;
    const { scores, delta } = lossTolerances(loss, units, outputs(given), y, runOnCpu(given).written.dz, order);
    return { scores, dz: delta };
  });
  expect(outcomes.map(({ control }) => control.halted)).toEqual(cases.map(() => 0));
}
