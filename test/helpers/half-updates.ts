import { expect } from "vitest";
import type { Device } from "../../src/device/open.ts";
import { SKIPPED } from "../../src/kernels/control.ts";
import type { KernelName } from "../../src/kernels/index.ts";
import { squareParts } from "../../src/kernels/layer-update.ts";
import { anyHardware, tileFor } from "../../src/kernels/tile.ts";
import { stateWidths } from "../../src/model/optimizer.ts";
import { expectClose, expectSameBits, gamma, type Words } from "./compare.ts";
import {
  blank,
  type Case,
  controlOf,
  expectTwins,
  random,
  randomIntegers,
  runAllOnGpu,
  runOnCpu,
  type Tolerances,
} from "./gpu.ts";
import { halved, storedError } from "./half.ts";
import { updateErrors } from "./tolerances.ts";
import { controlAt, stateOf } from "./update.ts";

/** Calls of the kernels that sum gradients of f16 and update by them, and how wrong what they write may be. */

export const optimizers = ["sgd", "momentum", "adam", "adamw"] as const;

export type Optimizer = (typeof optimizers)[number];

/** Rows of the resident data, which stay f32. */
const DATA_ROWS = 50;

/** S of these tests: dz holds S times the delta. */
export const lossScale = 64;

export const tile = tileFor({ rows: 19, inner: 20, columns: 17, transposeA: true, transposeB: false }, anyHardware);

export const controlOver = (rows: number) => ({ ...controlAt(2, rows), lossScale });

/** A batch of so many rows, of which the first are filled, over W `[rows, columns]`. */
export interface Sizes {
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  readonly actual: number;
}

export const batch = (rows: number, columns: number, seed: number, actual: number) =>
  halved(random(rows * columns, seed, 8)).fill(Number.NaN, actual * columns);

/** Where an element of a parameter comes from: Σ of these products, each divided by S. */
function sumOf(terms: readonly number[]) {
  const sum = terms.reduce((total, term) => total + term, 0) / lossScale;
  const size = terms.reduce((total, term) => total + Math.abs(term), 0) / lossScale;
  // A division more than the products and sums of f32, right to 2.5 ulp.
  return { sum, error: gamma(terms.length + 1 + 5) * size };
}

/** gW and gb out of dz and x, in double precision, and how wrong they may be. */
export function gradients({ rows, columns, actual }: Sizes, values: Readonly<Record<string, Words>>, from = 0) {
  const { dz, x, order } = values;
  const batchRows = Array.from({ length: actual - from }, (_, i) => from + i);
  const delta = (k: number, i: number) => dz?.[k * rows + i] ?? 0;
  const input = (k: number, j: number) => x?.[(order?.[k] ?? k) * columns + j] ?? 0;
  return {
    w: Array.from({ length: rows * columns }, (_, index) =>
      sumOf(batchRows.map((k) => delta(k, Math.floor(index / columns)) * input(k, index % columns))),
    ),
    bias: Array.from({ length: rows }, (_, i) => sumOf(batchRows.map((k) => delta(k, i)))),
  };
}

export const operandsOf = ({ rows, columns, inner, actual }: Sizes, gather: boolean): Record<string, Words> => ({
  dz: batch(inner, rows, 1, actual),
  x: gather ? random(DATA_ROWS * columns, 2) : batch(inner, columns, 2, actual),
  ...(gather ? { order: randomIntegers(inner, 7, DATA_ROWS) } : {}),
});

export const sizes: readonly Sizes[] = [
  { rows: 1, columns: 1, inner: 1, actual: 1 },
  { rows: 3, columns: 5, inner: 7, actual: 4 },
  { rows: 19, columns: 17, inner: 33, actual: 33 },
];

/** W, b and their states, and room for the copy of W. */
export const parametersOf = (optimizer: Optimizer, { rows, columns }: Sizes): Record<string, Words> => ({
  w: random(rows * columns, 3),
  bias: random(rows, 5),
  ...(optimizer === "sgd"
    ? {}
    : { state: stateOf(optimizer, rows * columns, 4), biasState: stateOf(optimizer, rows, 6) }),
  copy: halved(random(rows * columns, 8)),
});

/** Σ of the squares of W and b, whose parts are anyone's. */
const squaresOf = ({ w, bias }: Readonly<Record<string, Words>>): number =>
  [...(w ?? []), ...(bias ?? [])].reduce((sum, value) => sum + value * value, 0);

/** What may be wrong after an update by these gradients. */
export function updateTolerances<N extends KernelName>(
  given: Case<N>,
  rule: { readonly optimizer: Optimizer; readonly decay: "per-batch" },
  g: ReturnType<typeof gradients>,
): Tolerances {
  const c = controlOf(given.control);
  const width = stateWidths[rule.optimizer];
  const errorsOf = (name: "w" | "bias", i: number) => {
    const state = given.values[name === "w" ? "state" : "biasState"];
    return updateErrors(rule, c, {
      omega: given.values[name]?.[i] ?? 0,
      g: g[name][i]?.sum ?? 0,
      gError: g[name][i]?.error ?? 0,
      state: [state?.[width * i] ?? 0, state?.[width * i + 1] ?? 0],
    });
  };
  const stateErrors = (name: "w" | "bias") => (index: number) =>
    errorsOf(name, Math.floor(index / width)).state[index % width === 0 ? 0 : 1];
  const weight = (i: number) => errorsOf("w", i).parameter;
  return {
    w: weight,
    bias: (i: number) => errorsOf("bias", i).parameter,
    state: stateErrors("w"),
    biasState: stateErrors("bias"),
    copy: storedError(runOnCpu(given).written.copy, weight),
    squares: Number.POSITIVE_INFINITY,
  };
}

/** Besides the twin: in a skipped step nothing has changed, and the squares of what decays are summed in either. */
export async function expectUpdates<N extends KernelName>(
  device: Device,
  cases: readonly Case<N>[],
  tolerancesOf: (given: Case<N>) => Tolerances,
): Promise<void> {
  const outcomes = await expectTwins(device, cases, tolerancesOf);
  const skips = cases.map((given) => ({ ...given, control: { ...given.control, halted: SKIPPED } }));
  const skipped = await runAllOnGpu(device, skips);
  cases.forEach(({ values }, index) => {
    const written = outcomes[index]?.written ?? {};
    expect(written.w).not.toEqual(values.w);
    if (values.copy) expect(written.copy).not.toEqual(values.copy);
    const { squares, ...unchanged } = skipped[index]?.written ?? {};
    for (const [name, got] of Object.entries(unchanged)) expectSameBits(name, got, values[name] ?? new Float32Array());
    for (const parts of [written.squares, squares]) {
      const [sum, expected] = [Array.from(parts ?? []).reduce((total, one) => total + one, 0), squaresOf(values)];
      expectClose("Σ squares", [sum], [expected], gamma(values.w?.length ?? 0) * expected);
    }
  });
}

/** All that an update of f16 may do. */
export const ruleOf = (optimizer: Optimizer) => ({ optimizer, decay: "per-batch" }) as const;
export const variantOf = (optimizer: Optimizer) =>
  ({ ...ruleOf(optimizer), bias: true, biasDecay: "per-batch", penalty: true, half: true }) as const;

/** Asserts that updates of a layer of every size equal the reference, and skip where told to. */
export async function expectLayerUpdates(device: Device, optimizer: Optimizer, gather: boolean): Promise<void> {
  // As in plans: nine buffers would be more than every device has.
  const copy = !(gather && stateWidths[optimizer] > 0);
  const cases = sizes.map((size): Case<"layerUpdate"> => {
    const { actual, ...dims } = size;
    const { copy: copied = blank(0), ...parameters } = parametersOf(optimizer, size);
    return {
      kernel: "layerUpdate",
      variant: { ...variantOf(optimizer), copy, gather, tile },
      dims: { ...dims, offset: 0 },
      control: controlOver(actual),
      values: {
        ...operandsOf(size, gather),
        ...parameters,
        ...(copy ? { copy: copied } : {}),
        squares: new Float32Array(squareParts(size.rows, size.columns, tile)),
      },
      halves: ["dz", ...(copy ? ["copy"] : []), ...(gather ? [] : ["x"])],
    };
  });
  await expectUpdates(device, cases, (given) => {
    const size = { ...given.dims, actual: given.control?.rows ?? 0 };
    return updateTolerances(given, ruleOf(optimizer), gradients(size, given.values));
  });
}
