import { describe, test } from "vitest";
import { SPLIT_ROWS } from "../../../src/kernels/layer-gradient.ts";
import { splitSquareParts } from "../../../src/kernels/split-update.ts";
import { gamma } from "../../helpers/compare.ts";
import { useDevice } from "../../helpers/device.ts";
import { type Case, expectTwin, expectTwins, random } from "../../helpers/gpu.ts";
import { halfLabel } from "../../helpers/half.ts";
import {
  batch,
  controlOver,
  expectLayerUpdates,
  expectUpdates,
  gradients,
  lossScale,
  operandsOf,
  optimizers,
  parametersOf,
  ruleOf,
  sizes,
  tile,
  updateTolerances,
  variantOf,
} from "../../helpers/half-updates.ts";

const device = await useDevice();
const label = halfLabel(device);

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

describe.each(optimizers)(`updates ${label} by %s`, (optimizer) => {
  // half-update.full.test.ts has the other.
  const gather = optimizers.indexOf(optimizer) % 2 === 0;

  test(`layerUpdate equals the reference, and skips where told to, gather ${gather}`, () =>
    expectLayerUpdates(device, optimizer, gather));

  test("splitUpdate equals the reference, and skips where told to", async () => {
    const size = { rows: 3, columns: 5, inner: 2 * SPLIT_ROWS + 3, actual: SPLIT_ROWS + 9 };
    const { actual, ...dims } = size;
    const elements = size.rows * (size.columns + 1);
    const parts = random(3 * elements, 1, 8);
    const given: Case<"splitUpdate"> = {
      kernel: "splitUpdate",
      variant: variantOf(optimizer),
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
    await expectUpdates(device, [given], () => updateTolerances(given, ruleOf(optimizer), g));
  });
});
