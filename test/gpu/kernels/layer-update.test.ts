import { describe, test } from "vitest";
import { type LayerUpdateVariant, squareParts } from "../../../src/kernels/layer-update.ts";
import type { Tile } from "../../../src/kernels/tile.ts";
import { expectClose, expectSameBits, gamma, type Words } from "../../helpers/compare.ts";
import { useDevice } from "../../helpers/device.ts";
import {
  type Case,
  controlOf,
  expectTwin,
  inDouble,
  magnitudes,
  type Outcome,
  random,
  runOnCpu,
  runOnGpu,
  UNTOUCHED,
} from "../../helpers/gpu.ts";
import { inputOf, odd, otherTiles, type Sizes, testFours, testSizes, testTiles } from "../../helpers/tiles.ts";
import { updateErrors } from "../../helpers/tolerances.ts";
import { controlAt, stateOf } from "../../helpers/update.ts";

const device = await useDevice();

interface Moment {
  /** Rows of the batch that are filled. */
  readonly actual?: number | undefined;
  readonly offset?: number;
  readonly t?: number;
}

/** W is `[rows, columns]`, and the batch holds `inner` rows. */
function layer(variant: LayerUpdateVariant, sizes: Sizes, moment: Moment = {}): Case<"layerUpdate"> {
  const [rows, inner, columns] = sizes;
  const { actual = inner, offset = 0, t = 2 } = moment;
  const { optimizer, bias, penalty, gather, tile } = variant;
  const values: Record<string, Words> = {
    // What lies beyond a partial batch is left from another one.
    dz: random(inner * rows, 1).fill(Number.NaN, actual * rows),
    ...inputOf(gather, [inner, columns], actual, 2),
    w: random(rows * columns, 3),
  };
  if (optimizer !== "sgd") values.state = stateOf(optimizer, rows * columns, 4, t);
  if (bias) values.bias = random(rows, 5);
  if (bias && optimizer !== "sgd") values.biasState = stateOf(optimizer, rows, 6, t);
  // A part whose invocation has no output is never written: it is 0 from the beginning.
  if (penalty) values.squares = new Float32Array(offset + squareParts(rows, columns, tile)).fill(UNTOUCHED, 0, offset);
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

/** Asserts that the parts of the squares add up to what the twin leaves in one part, and returns what else is written. */
function expectSquares(given: Case<"layerUpdate">, { written }: Outcome): Outcome["written"] {
  const { squares, ...updated } = written;
  const { along, across } = given.variant.tile;
  const { offset } = given.dims;
  const sum = (values: ArrayLike<number> = []) =>
    Array.from(values)
      .slice(offset)
      .reduce((total, value) => total + value, 0);
  const expected = sum(runOnCpu(given, inDouble).written.squares);
  // An invocation adds the squares of its outputs and of as many biases as it has rows; all terms are positive.
  expectClose("Σ squares", [sum(squares)], [expected], gamma(along * across + along + across + 1) * expected);
  expectClose("squares before the offset", squares?.slice(0, offset) ?? [], Array(offset).fill(UNTOUCHED), 0);
  return updated;
}

async function expectUpdate(given: Case<"layerUpdate">): Promise<void> {
  const outcome = await expectTwin(device, given, tolerances(given));
  if (given.variant.penalty) expectSquares(given, outcome);
}

const plain = { decay: false, bias: false, biasDecay: false, penalty: false, gather: false, tile: odd } as const;
const all = { decay: "per-batch", bias: true, biasDecay: "per-batch", penalty: true, gather: true, tile: odd } as const;

/** Of each optimizer the least and the most, and each part without the other. */
const variants = (["sgd", "momentum", "adam", "adamw"] as const).flatMap((optimizer): LayerUpdateVariant[] => [
  { ...plain, optimizer },
  { ...plain, optimizer, bias: true, gather: true },
  { ...all, optimizer, biasDecay: false, gather: false },
  { ...all, optimizer, decay: false },
  { ...all, optimizer, bias: false, biasDecay: false, decay: "per-step" },
  { ...all, optimizer },
]);

/** Asserts that a run that has halted leaves W, b and their state as they were. */
async function expectHalted(variant: LayerUpdateVariant): Promise<void> {
  const given = layer(variant, [33, 3, 5], { offset: 2 });
  const { written } = await runOnGpu(device, { ...given, control: { ...given.control, halted: 1 } });
  const { squares: _, ...updated } = written;
  for (const [name, values] of Object.entries(updated)) expectSameBits(name, values, given.values[name] as Words);
}

describe.each(variants)(
  "layerUpdate $optimizer, decay $decay, bias $bias, biasDecay $biasDecay, penalty $penalty, gather $gather",
  (variant) => {
    testSizes((sizes) => expectUpdate(layer(variant, sizes, { offset: 5 })));

    test("equals the reference in the first step and after many, over 1 to 9 rows of a partial batch", async () => {
      for (let actual = 1; actual <= 9; actual++) {
        await expectUpdate(layer(variant, [5, 11, 9], { actual, t: [1, 2, 1000][actual % 3] ?? 1 }));
      }
    });

    test("updates nothing once the run has halted", () => expectHalted(variant));
  },
);

describe("layerUpdate, all of it", () => {
  const caseOf = (tile: Tile, sizes: Sizes, actual?: number) =>
    layer({ ...all, optimizer: "momentum", tile }, sizes, { actual, offset: 5 });
  testTiles(device, caseOf, expectSquares);
  testFours(device, true, caseOf, expectSquares);

  test.each(otherTiles(device))("updates nothing once the run has halted, tile %s", (_, tile) =>
    expectHalted({ ...all, optimizer: "momentum", tile }),
  );
});
