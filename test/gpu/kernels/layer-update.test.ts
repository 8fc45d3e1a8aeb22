import { afterAll, describe, expect, test } from "vitest";
import { PRODUCT_GROUP } from "../../../shaders/lib/product.wgsl.ts";
import { openDevice } from "../../../src/device/open.ts";
import type { ControlValues } from "../../../src/kernels/control.ts";
import { type LayerUpdateVariant, squareParts } from "../../../src/kernels/layer-update.ts";
import { expectClose, expectSameBits, gamma, type Words } from "../../helpers/compare.ts";
import {
  type Case,
  controlOf,
  expectTwin,
  inDouble,
  magnitudes,
  random,
  randomIntegers,
  runOnCpu,
  runOnGpu,
  UNTOUCHED,
} from "../../helpers/gpu.ts";
import { updateErrors } from "../../helpers/tolerances.ts";

const device = await openDevice();
afterAll(() => device.destroy());

type Floats = Float32Array<ArrayBuffer>;

/** Rows of the resident data, of which `order` picks some, one of them twice. */
const DATA_ROWS = 50;

/** The control block of step t. */
const controlAt = (t: number, rows: number): Partial<ControlValues> => ({
  rows,
  learningRate: 0.05,
  decay: 0.3,
  momentum: 0.9,
  beta1: 0.9,
  beta2: 0.999,
  rest1: 1 - 0.9,
  rest2: 1 - 0.999,
  epsilon: 1e-8,
  correction1: 1 - 0.9 ** t,
  correction2: 1 - 0.999 ** t,
});

interface Sizes {
  /** W is `[rows, columns]`, and the batch holds `inner` rows, of which `actual` are filled. */
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly actual?: number;
  readonly offset?: number;
  readonly t?: number;
}

const stateOf = (optimizer: LayerUpdateVariant["optimizer"], elements: number, t: number, seed: number): Floats => {
  if (optimizer === "momentum") return random(elements, seed, 0.1);
  if (t === 1) return new Float32Array(2 * elements);
  return random(2 * elements, seed, 0.1).map((value, index) => (index % 2 === 0 ? value : Math.abs(value)));
};

function layer(variant: LayerUpdateVariant, sizes: Sizes): Case<"layerUpdate"> {
  const { rows, inner, columns, actual = inner, offset = 0, t = 2 } = sizes;
  const { optimizer, bias, penalty, gather, tile } = variant;
  // What lies beyond a partial batch is left from another one.
  const values: Record<string, Words> = {
    dz: random(inner * rows, 1).fill(Number.NaN, actual * rows),
    x: gather ? random(DATA_ROWS * columns, 2) : random(inner * columns, 2).fill(Number.NaN, actual * columns),
    w: random(rows * columns, 3),
  };
  if (optimizer !== "sgd") values.state = stateOf(optimizer, rows * columns, t, 4);
  if (bias) values.bias = random(rows, 5);
  if (bias && optimizer !== "sgd") values.biasState = stateOf(optimizer, rows, t, 6);
  // A part whose invocation has no output is never written: it is 0 from the beginning.
  if (penalty) values.squares = new Float32Array(offset + squareParts(rows, columns, tile)).fill(UNTOUCHED, 0, offset);
  if (gather) values.order = randomIntegers(inner, 7, DATA_ROWS);
  return {
    kernel: "layerUpdate",
    variant,
    dims: { rows, inner, columns, offset },
    control: controlAt(t, actual),
    values,
  };
}

/** gW = dzᵀ x and gb = Σ dz, out of the given operands: in double precision, or their magnitudes. */
function gradients(
  given: Case<"layerUpdate">,
  run: (call: Case<"layerUpdate">) => Readonly<Record<string, ArrayLike<number>>>,
) {
  // With ω = 0 and η = |B| plain descent leaves −g behind.
  const { values, dims, control } = given;
  const { order } = values;
  const written = run({
    ...given,
    variant: { ...given.variant, optimizer: "sgd", decay: false, biasDecay: false, penalty: false, bias: true },
    control: { ...control, learningRate: control?.rows ?? 0 },
    values: {
      dz: values.dz ?? new Float32Array(),
      x: values.x ?? new Float32Array(),
      w: new Float32Array(dims.rows * dims.columns),
      bias: new Float32Array(dims.rows),
      ...(order ? { order } : {}),
    },
  });
  return { w: written.w ?? [], bias: written.bias ?? [] };
}

/** g is a sum of products of any order, wrong by γₙ₊₁ Σ|dz||x|; the update follows. The parts of the squares are summed below. */
function tolerances(given: Case<"layerUpdate">) {
  const { variant, values } = given;
  const c = controlOf(given.control);
  const negated = gradients(given, (call) => runOnCpu(call, inDouble).written);
  const sizes = gradients(given, magnitudes);
  const width = variant.optimizer === "momentum" ? 1 : 2;
  const errorsOf = (name: "w" | "bias", i: number) => {
    const state = values[name === "w" ? "state" : "biasState"];
    return updateErrors({ optimizer: variant.optimizer, decay: name === "w" ? variant.decay : variant.biasDecay }, c, {
      omega: values[name]?.[i] ?? 0,
      g: -(negated[name][i] ?? 0),
      gError: gamma(c.rows + 1) * Math.abs(sizes[name][i] ?? 0),
      state: [state?.[width * i] ?? 0, state?.[width * i + 1] ?? 0],
    });
  };
  const stateErrors = (name: "w" | "bias") => (index: number) =>
    errorsOf(name, Math.floor(index / width)).state[index % width === 0 ? 0 : 1];
  return {
    w: (i: number) => errorsOf("w", i).parameter,
    bias: (i: number) => errorsOf("bias", i).parameter,
    state: stateErrors("w"),
    biasState: stateErrors("bias"),
    squares: Number.POSITIVE_INFINITY,
  };
}

/** Compares a call with its twin, the squares by their sum: the twin leaves it in one part. */
async function expectUpdate(given: Case<"layerUpdate">) {
  const outcome = await expectTwin(device, given, tolerances(given));
  const { tile } = given.variant;
  if (!given.variant.penalty) return outcome;
  const { offset } = given.dims;
  const sum = (values: ArrayLike<number> = []) =>
    Array.from(values)
      .slice(offset)
      .reduce((total, value) => total + value, 0);
  const [got, expected] = [outcome.written.squares, runOnCpu(given, inDouble).written.squares];
  // An invocation adds the squares of its outputs and of as many biases; all terms are positive.
  expectClose("Σ squares", [sum(got)], [sum(expected)], gamma(tile * tile + tile + 1) * sum(expected));
  expectClose("squares before the offset", got?.slice(0, offset) ?? [], Array(offset).fill(UNTOUCHED), 0);
  return outcome;
}

const plain = { decay: false, bias: false, biasDecay: false, penalty: false, gather: false, tile: 4 } as const;
const all = { decay: "per-batch", bias: true, biasDecay: "per-batch", penalty: true, gather: true, tile: 4 } as const;

/** Of each optimizer the least and the most, each part without the other, and the most with the large tile. */
const variants = (["sgd", "momentum", "adam", "adamw"] as const).flatMap((optimizer): LayerUpdateVariant[] => [
  { ...plain, optimizer },
  { ...plain, optimizer, bias: true, gather: true },
  { ...all, optimizer, biasDecay: false, gather: false },
  { ...all, optimizer, decay: false },
  { ...all, optimizer, bias: false, biasDecay: false, decay: "per-step" },
  { ...all, optimizer },
  { ...all, optimizer, tile: 8 },
]);

describe.each(variants)(
  "layerUpdate $optimizer, decay $decay, bias $bias, biasDecay $biasDecay, penalty $penalty, gather $gather, tile $tile",
  (variant) => {
    const side = variant.tile * PRODUCT_GROUP;

    test("equals the reference for sizes 1 and 3, around what a workgroup takes, and coprime", async () => {
      const edges = [side - 1, side, side + 1].flatMap((size): Sizes[] => [
        { rows: size, inner: 3, columns: 1 },
        { rows: 1, inner: 5, columns: size },
      ]);
      for (const sizes of [
        { rows: 1, inner: 1, columns: 1 },
        { rows: 3, inner: 3, columns: 3 },
        ...edges,
        { rows: side + 1, inner: 7, columns: side + 3, offset: 5 },
        { rows: 33, inner: 17, columns: 19 },
      ]) {
        await expectUpdate(layer(variant, sizes));
      }
    });

    test("equals the reference in the first step and after many, over 1 to 9 rows of a partial batch", async () => {
      for (let actual = 1; actual <= 9; actual++) {
        await expectUpdate(
          layer(variant, { rows: 5, inner: 11, columns: 9, actual, t: [1, 2, 1000][actual % 3] ?? 1 }),
        );
      }
    });

    test("updates nothing once the run has halted", async () => {
      const given = layer(variant, { rows: 33, inner: 3, columns: 5, offset: 2 });
      const { written } = await runOnGpu(device, { ...given, control: { ...given.control, halted: 1 } });
      const { squares: _, ...updated } = written;
      for (const [name, values] of Object.entries(updated)) expectSameBits(name, values, given.values[name] as Words);
    });
  },
);

test.each(["sgd", "momentum", "adam", "adamw"] as const)(
  "layerUpdate %s › gives the same bits with either tile, but for how the squares are parted",
  async (optimizer) => {
    for (const sizes of [
      { rows: 33, inner: 65, columns: 19 },
      { rows: 65, inner: 6, columns: 70 },
    ]) {
      const [small, large] = [
        await runOnGpu(device, layer({ ...all, optimizer }, sizes)),
        await runOnGpu(device, layer({ ...all, optimizer, tile: 8 }, sizes)),
      ];
      const { squares: _a, ...expected } = small.written;
      const { squares: _b, ...got } = large.written;
      expect(Object.keys(got)).toEqual(Object.keys(expected));
      for (const [name, values] of Object.entries(expected)) expectSameBits(name, got[name] as Words, values);
    }
  },
);
