import { describe, expect, test } from "vitest";
import { SKIPPED } from "../../../src/kernels/control.ts";
import type { KernelName } from "../../../src/kernels/index.ts";
import { SPLIT_ROWS } from "../../../src/kernels/layer-gradient.ts";
import { type LayerUpdateVariant, squareParts } from "../../../src/kernels/layer-update.ts";
import { splitSquareParts } from "../../../src/kernels/split-update.ts";
import { anyHardware, tileFor } from "../../../src/kernels/tile.ts";
import { expectClose, expectSameBits, gamma, type Words } from "../../helpers/compare.ts";
import { useDevice } from "../../helpers/device.ts";
import {
  type Case,
  controlOf,
  expectTwin,
  expectTwins,
  random,
  randomIntegers,
  runOnCpu,
  runOnGpu,
} from "../../helpers/gpu.ts";
import { halfLabel, halved, storedError } from "../../helpers/half.ts";
import { updateErrors } from "../../helpers/tolerances.ts";
import { controlAt, stateOf } from "../../helpers/update.ts";

const device = await useDevice();
const label = halfLabel(device);

/** Rows of the resident data, which stay f32. */
const DATA_ROWS = 50;

/** S of these tests: dz holds S times the delta. */
const lossScale = 64;

const tile = tileFor({ rows: 19, inner: 20, columns: 17, transposeA: true, transposeB: false }, anyHardware);

const controlOver = (rows: number) => ({ ...controlAt(2, rows), lossScale });

/** A batch of so many rows, of which the first are filled, over W `[rows, columns]`. */
interface Sizes {
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  readonly actual: number;
}

const batch = (rows: number, columns: number, seed: number, actual: number) =>
  halved(random(rows * columns, seed, 8)).fill(Number.NaN, actual * columns);

/** Where an element of a parameter comes from: Σ of these products, each divided by S. */
function sumOf(terms: readonly number[]) {
  const sum = terms.reduce((total, term) => total + term, 0) / lossScale;
  const size = terms.reduce((total, term) => total + Math.abs(term), 0) / lossScale;
  // A division more than the products and sums of f32, right to 2.5 ulp.
  return { sum, error: gamma(terms.length + 1 + 5) * size };
}

/** gW and gb out of dz and x, in double precision, and how wrong they may be. */
function gradients({ rows, columns, actual }: Sizes, values: Readonly<Record<string, Words>>, from = 0) {
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

const operandsOf = ({ rows, columns, inner, actual }: Sizes, gather: boolean): Record<string, Words> => ({
  dz: batch(inner, rows, 1, actual),
  x: gather ? random(DATA_ROWS * columns, 2) : batch(inner, columns, 2, actual),
  ...(gather ? { order: randomIntegers(inner, 7, DATA_ROWS) } : {}),
});

const sizes: readonly Sizes[] = [
  { rows: 1, columns: 1, inner: 1, actual: 1 },
  { rows: 3, columns: 5, inner: 7, actual: 4 },
  { rows: 19, columns: 17, inner: 33, actual: 33 },
];

describe(`sumRows ${label}`, () => {
  test("equals the reference, and takes the scale out", async () => {
    const cases = sizes.map(
      ({ rows, inner, actual }): Case<"sumRows"> => ({
        kernel: "sumRows",
        variant: { half: true },
        dims: { rows: inner, units: rows },
        control: { lossScale, rows: actual },
        values: { dz: batch(inner, rows, 1, actual), db: new Float32Array(rows) },
        halves: ["dz"],
      }),
    );
    await expectTwins(device, cases, ({ dims, control, values }) => {
      const size = { rows: dims.units, columns: 0, inner: dims.rows, actual: control?.rows ?? 0 };
      const { bias } = gradients(size, values);
      return { db: (i) => bias[i]?.error ?? 0 };
    });
  });
});

describe(`layerGradient ${label}`, () => {
  test.each([true, false])("equals the reference, and takes the scale out of each part, gather %s", async (gather) => {
    const size = { rows: 3, columns: 5, inner: 2 * SPLIT_ROWS + 3, actual: SPLIT_ROWS + 9 };
    const { rows, columns, inner, actual } = size;
    const elements = rows * (columns + 1);
    const values = { ...operandsOf(size, gather), parts: new Float32Array(3 * elements) };
    const given: Case<"layerGradient"> = {
      kernel: "layerGradient",
      variant: { bias: true, gather, half: true, tile },
      dims: { rows, inner, columns },
      control: { lossScale, rows: actual },
      values,
      halves: ["dz", ...(gather ? [] : ["x"])],
    };
    const errors = [0, 1, 2].flatMap((part) => {
      const from = Math.min(actual, part * SPLIT_ROWS);
      const { w, bias } = gradients({ ...size, actual: Math.min(actual, from + SPLIT_ROWS) }, values, from);
      return [...w, ...bias].map(({ error }) => error);
    });
    await expectTwin(device, given, { parts: (i) => errors[i] ?? 0 });
  });
});

const optimizers = ["sgd", "momentum", "adam", "adamw"] as const;

/** W, b and their states, and room for the copy of W. */
const parametersOf = (optimizer: LayerUpdateVariant["optimizer"], { rows, columns }: Sizes): Record<string, Words> => ({
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
function updateTolerances<N extends KernelName>(
  given: Case<N>,
  rule: { readonly optimizer: LayerUpdateVariant["optimizer"]; readonly decay: "per-batch" },
  g: ReturnType<typeof gradients>,
) {
  const c = controlOf(given.control);
  const width = rule.optimizer === "momentum" ? 1 : 2;
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
async function expectUpdate<N extends KernelName>(
  given: Case<N>,
  tolerances: ReturnType<typeof updateTolerances>,
): Promise<void> {
  const { written } = await expectTwin(device, given, tolerances);
  expect(written.w).not.toEqual(given.values.w);
  expect(written.copy).not.toEqual(given.values.copy);
  const skipped = await runOnGpu(device, { ...given, control: { ...given.control, halted: SKIPPED } });
  const { squares: skippedSquares, ...unchanged } = skipped.written;
  for (const [name, values] of Object.entries(unchanged)) {
    expectSameBits(name, values, given.values[name] ?? new Float32Array());
  }
  for (const squares of [written.squares, skippedSquares]) {
    const [sum, expected] = [Array.from(squares ?? []).reduce((total, one) => total + one, 0), squaresOf(given.values)];
    expectClose("Σ squares", [sum], [expected], gamma(given.values.w?.length ?? 0) * expected);
  }
}

describe.each(optimizers)(`updates ${label} by %s`, (optimizer) => {
  const rule = { optimizer, decay: "per-batch" } as const;
  const common = { ...rule, bias: true, biasDecay: "per-batch", penalty: true, half: true } as const;

  test.each([true, false])("layerUpdate equals the reference, and skips where told to, gather %s", async (gather) => {
    for (const size of sizes) {
      const { actual, ...dims } = size;
      const given: Case<"layerUpdate"> = {
        kernel: "layerUpdate",
        variant: { ...common, gather, tile },
        dims: { ...dims, offset: 0 },
        control: controlOver(actual),
        values: {
          ...operandsOf(size, gather),
          ...parametersOf(optimizer, size),
          squares: new Float32Array(squareParts(size.rows, size.columns, tile)),
        },
        halves: ["dz", "copy", ...(gather ? [] : ["x"])],
      };
      await expectUpdate(given, updateTolerances(given, rule, gradients(size, given.values)));
    }
  });

  test("splitUpdate equals the reference, and skips where told to", async () => {
    const size = { rows: 3, columns: 5, inner: 2 * SPLIT_ROWS + 3, actual: SPLIT_ROWS + 9 };
    const { actual, ...dims } = size;
    const elements = size.rows * (size.columns + 1);
    const parts = random(3 * elements, 1, 8);
    const given: Case<"splitUpdate"> = {
      kernel: "splitUpdate",
      variant: common,
      dims: { ...dims, offset: 0 },
      control: controlOver(actual),
      values: {
        parts,
        ...parametersOf(optimizer, size),
        squares: new Float32Array(splitSquareParts(size.rows, size.columns, true)),
      },
      halves: ["copy"],
    };
    const sums = Array.from({ length: elements }, (_, i) => {
      const terms = [0, 1, 2].map((part) => parts[part * elements + i] ?? 0);
      const size = terms.reduce((total, term) => total + Math.abs(term), 0);
      return { sum: terms.reduce((total, term) => total + term, 0), error: gamma(3) * size };
    });
    const g = { w: sums.slice(0, size.rows * size.columns), bias: sums.slice(size.rows * size.columns) };
    await expectUpdate(given, updateTolerances(given, rule, g));
  });
});
