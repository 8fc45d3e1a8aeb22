import { describe, expect, test } from "vitest";
import { HALTED, SKIPPED } from "../../../src/kernels/control.ts";
import type { LayerForwardVariant } from "../../../src/kernels/layer-forward.ts";
import { anyHardware, smallSquare, type Tile, tileFor } from "../../../src/kernels/tile.ts";
import { activations } from "../../../src/model/activation.ts";
import { losses } from "../../../src/model/loss.ts";
import { activationFunctions } from "../../../src/reference/activation.ts";
import { gamma, type Words } from "../../helpers/compare.ts";
import { useDevice } from "../../helpers/device.ts";
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
import { halved, storedError } from "../../helpers/half.ts";
import { activatedError, deltaError, rowDeltas, rowErrors } from "../../helpers/tolerances.ts";

const device = await useDevice();

/** Rows of the resident data, which stay f32. */
const DATA_ROWS = 50;

/** S of these tests. */
const lossScale = 64;

type Sizes = readonly [rows: number, columns: number, inner: number];

/** Odd sizes too, so that two rows share a word. */
const sizes: readonly Sizes[] = [
  [1, 1, 1],
  [5, 3, 4],
  [33, 19, 17],
];

/** Values of the batch's rows, what lies beyond a partial batch left from another one. */
const batch = (rows: number, columns: number, seed: number, actual = rows) =>
  halved(random(rows * columns, seed)).fill(Number.NaN, actual * columns);

describe("halve", () => {
  test("rounds to f16 as the twin does", async () => {
    for (const elements of [1, 2, 65, 1000]) {
      const parameter = random(elements, 1, 10);
      const given: Case<"halve"> = {
        kernel: "halve",
        variant: {},
        dims: { elements },
        values: { parameter, copy: halved(blank(elements)) },
        halves: ["copy"],
      };
      await expectTwin(device, given, { copy: storedError(parameter, () => 0) });
    }
  });
});

type Forward = Case<"layerForward">;

function forward(variant: LayerForwardVariant, [rows, columns, inner]: Sizes, actual = rows): Forward {
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
function forwardTolerance(given: Forward) {
  const { activation, half } = given.variant;
  const linear: Forward = { ...given, variant: { ...given.variant, activation: "identity", half: "output" } };
  const [size, z] = [magnitudes(linear).h, runOnCpu(linear, inDouble).written.h];
  const factor = gamma(given.dims.inner + 2);
  const error = (i: number) => activatedError(activation, z?.[i] ?? 0, factor * (size?.[i] ?? 0));
  return { h: half === "hidden" ? storedError(runOnCpu(given).written.h, error) : error };
}

const tile = tileFor({ rows: 33, inner: 17, columns: 19, transposeA: false, transposeB: true }, anyHardware);

/** What a GPU stages in workgroup memory. */
const square: Tile = { ...tile, ...smallSquare };

/** Asserts that a layer of every size equals the reference, with and without bias and gathered rows. */
async function expectForward(variant: Pick<LayerForwardVariant, "activation" | "half" | "tile">): Promise<void> {
  for (const both of [true, false]) {
    for (const size of sizes) {
      for (const actual of [1, size[0]]) {
        const given = forward({ ...variant, bias: both, gather: both }, size, actual);
        const { written, control } = await expectTwin(device, given, forwardTolerance(given));
        const left = (size[0] - actual) * size[1];
        expect(written.h?.slice(actual * size[1])).toEqual(halved(blank(left)));
        expect(control.halted).toBe(0);
      }
    }
  }
}

describe.each(["hidden", "output"] as const)("layerForward of a layer that is %s", (half) => {
  test.each(activations)("equals the reference, %s", (activation) => expectForward({ activation, half, tile }));

  test("equals the reference where it is staged", () => expectForward({ activation: "relu", half, tile: square }));
});

describe("layerForward", () => {
  const variant = { activation: "relu", bias: false, gather: true, half: "hidden", tile } as const;
  /** x w of one row and one column. */
  const single = (x: number, w: number, activation: "relu" | "tanh" = "relu"): Forward => {
    const given = forward({ ...variant, activation }, [1, 1, 1]);
    const values = { ...given.values, x: new Float32Array(DATA_ROWS).fill(x), w: Float32Array.of(w) };
    return { ...given, values };
  };

  test.each([
    ["h is the largest f16", single(65504, 1), 0],
    ["h is out of range", single(65505, 1), HALTED],
    ["z is large, but h is not", single(1e30, 2, "tanh"), 0],
    ["z is infinite, which tanh hides", single(3e38, 2, "tanh"), HALTED],
    ["z is infinite, which relu hides", single(-3e38, 2), HALTED],
    ["x is no number", single(Number.NaN, 1), HALTED],
  ])("halts the run where it must: %s", async (_, given, halted) => {
    const { control } = await runOnGpu(device, given);
    expect(control.halted).toBe(halted);
    expect(runOnCpu(given).control.halted).toBe(halted);
  });
});

/** Sums over a row: o = x Wᵀ, and how wrong each may be. */
function outputs(given: Case<"outputLoss">) {
  const { rows, inner } = given.dims;
  const { units } = given.variant;
  const { x, w, order } = given.values;
  return Array.from({ length: rows * units }, (_, index) => {
    const [i, j] = [Math.floor(index / units), index % units];
    const terms = Array.from({ length: inner }, (_, k) => {
      const own = order ? (order[i] ?? 0) : i;
      return (x?.[own * inner + k] ?? 0) * (w?.[j * inner + k] ?? 0);
    });
    const sum = terms.reduce((total, term) => total + term, 0);
    return { sum, error: gamma(inner + 1) * terms.reduce((total, term) => total + Math.abs(term), 0) };
  });
}

/** The tolerances of ℓ and of Sdz as it is stored, out of o and how wrong it may be. */
function lossTolerances(
  loss: (typeof losses)[number],
  units: number,
  o: readonly { readonly sum: number; readonly error: number }[],
  y: Words | undefined,
  stored: ArrayLike<number> | undefined,
) {
  const rows = Array.from({ length: o.length / units }, (_, i) => {
    const own = o.slice(i * units, (i + 1) * units);
    const at = own.map(({ sum }) => sum);
    const target = loss === "softmaxCrossEntropy" ? [y?.[i] ?? 0] : own.map((_, j) => y?.[i * units + j] ?? 0);
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

describe.each(losses)("the deltas of %s", (loss) => {
  const classes = loss === "softmaxCrossEntropy";

  test.each([true, false])("outputLoss equals the reference, and scales them, gather %s", async (gather) => {
    for (const [rows, units, inner] of sizes) {
      const given: Case<"outputLoss"> = {
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
          y: classes ? randomIntegers(rows, 5, units) : random(rows * units, 5),
          scores: blank(2 * rows),
          dz: halved(blank(rows * units)),
          ...(gather ? { order: randomIntegers(rows, 4, DATA_ROWS) } : {}),
        },
        halves: ["w", "dz", ...(gather ? [] : ["x"])],
      };
      const { scores, delta } = lossTolerances(loss, units, outputs(given), given.values.y, runOnCpu(given).written.dz);
      const { control } = await expectTwin(device, given, { scores, dz: delta });
      expect(control.halted).toBe(0);
    }
  });

  const wide = (o: Words, y: Words, columns: number, scale = lossScale): Case<"loss"> => ({
    kernel: "loss",
    variant: { loss, delta: true, slope: "identity", half: true },
    dims: { rows: o.length / columns, columns },
    control: { rows: o.length / columns, lossScale: scale },
    values: { o, y, scores: blank((2 * o.length) / columns), do: halved(blank(o.length)) },
    halves: ["do"],
  });

  test("loss equals the reference, and scales them", async () => {
    for (const [rows, columns] of sizes) {
      const o = random(rows * columns, 1, 3);
      const y = classes ? randomIntegers(rows, 5, columns) : random(rows * columns, 5);
      const given = wide(o, y, columns);
      const exact = Array.from(o, (sum) => ({ sum, error: 0 }));
      const { scores, delta } = lossTolerances(loss, columns, exact, y, runOnCpu(given).written.do);
      await expectTwin(device, given, { scores, do: delta });
    }
  });

  test("one out of range skips the step, one at its edge does not", async () => {
    const o = Float32Array.of(-100, 100);
    const y = classes ? Uint32Array.of(0) : Float32Array.of(-100, 99);
    // The largest delta is 1 in magnitude.
    for (const [scale, halted] of [
      [32_768, 0],
      [65_504, 0],
      [65_536, SKIPPED],
    ] as const) {
      const { control } = await runOnGpu(device, wide(o, y, 2, scale));
      expect([scale, control.halted]).toEqual([scale, halted]);
    }
  });
});

describe("layerBackward", () => {
  type Backward = Case<"layerBackward">;
  const backward = (
    activation: (typeof activations)[number],
    [rows, columns, inner]: Sizes,
    actual = rows,
    shared = tile,
  ): Backward => ({
    kernel: "layerBackward",
    variant: { activation, half: true, tile: shared },
    dims: { rows, inner, columns },
    control: { rows: actual, lossScale },
    values: {
      dz: batch(rows, inner, 1, actual),
      w: halved(random(inner * columns, 2)),
      h: halved(random(rows * columns, 3, 3).map(activationFunctions[activation].value)),
      below: halved(blank(rows * columns)),
    },
    halves: ["dz", "w", "h", "below"],
  });

  test.each([
    ...activations.map((activation) => [activation, "", tile] as const),
    ["relu", ", staged", square] as const,
  ])("equals the reference, %s%s", async (activation, _, shared) => {
    for (const size of sizes) {
      for (const actual of [1, size[0]]) {
        const given = backward(activation, size, actual, shared);
        const linear: Backward = { ...given, variant: { activation: "identity", tile } };
        const [sum, dh] = [magnitudes(linear).below, runOnCpu(linear, inDouble).written.below];
        const factor = gamma(given.dims.inner + 2);
        const error = (i: number) =>
          deltaError(activation, dh?.[i] ?? 0, factor * (sum?.[i] ?? 0), given.values.h?.[i] ?? Number.NaN, 0);
        const { written, control } = await expectTwin(device, given, {
          below: storedError(runOnCpu(given).written.below, error),
        });
        expect(written.below?.slice(actual * size[1])).toEqual(halved(blank((size[0] - actual) * size[1])));
        expect(control.halted).toBe(0);
      }
    }
  });

  test.each([
    [Float32Array.of(60_000, 5504), 0],
    [Float32Array.of(60_000, 5512), SKIPPED],
    [Float32Array.of(-60_000, -60_000), SKIPPED],
    [Float32Array.of(Number.NaN, 1), SKIPPED],
  ])("a delta out of range skips the step: dz = %o", async (dz, halted) => {
    const given = backward("identity", [1, 1, 2]);
    const values = { ...given.values, dz, w: Float32Array.of(1, 1) };
    const { control } = await runOnGpu(device, { ...given, values });
    expect(control.halted).toBe(halted);
    expect(runOnCpu({ ...given, values }).control.halted).toBe(halted);
  });
});
