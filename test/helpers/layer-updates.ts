import type { Device } from "../../src/device/open.ts";
import { type LayerUpdateVariant, squareParts } from "../../src/kernels/layer-update.ts";
import { stateWidths } from "../../src/model/optimizer.ts";
import { expectClose, expectSameBits, gamma, type Words } from "./compare.ts";
import {
  type Case,
  controlOf,
  expectTwins,
  inDouble,
  magnitudes,
  type Outcome,
  random,
  runOnCpu,
  runOnGpu,
  type Tolerances,
  UNTOUCHED,
} from "./gpu.ts";
import { inputOf, odd, type Sizes } from "./tiles.ts";
import { updateErrors } from "./tolerances.ts";
import { controlAt, stateOf } from "./update.ts";

interface Moment {
  /** Rows of the batch that are filled. */
  readonly actual?: number | undefined;
  readonly offset?: number;
  readonly t?: number;
}

/** The update of W `[rows, columns]` and b by a batch that holds `inner` rows. */
export function update(variant: LayerUpdateVariant, sizes: Sizes, moment: Moment = {}): Case<"layerUpdate"> {
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
function updateTolerances(given: Case<"layerUpdate">): Tolerances {
  const { variant, values } = given;
  const c = controlOf(given.control);
  const negated = gradients(given, (call) => runOnCpu(call, inDouble).written);
  const sizes = gradients(given, magnitudes);
  const width = stateWidths[variant.optimizer];
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
    w: (i) => errorsOf("w", i).parameter,
    bias: (i) => errorsOf("bias", i).parameter,
    state: stateErrors("w"),
    biasState: stateErrors("bias"),
    squares: Number.POSITIVE_INFINITY,
  };
}

/** Asserts that the parts of the squares add up to what the twin leaves in one part, and returns what else is written. */
export function expectSquares(given: Case<"layerUpdate">, { written }: Outcome): Outcome["written"] {
  const { squares, ...updated } = written;
  const { along, across } = given.variant.tile;
  const { offset } = given.dims;
  const sum = (values: ArrayLike<number> = []) =>
    Array.from(values)
      .slice(offset)
      .reduce((total, value) => total + value, 0);
  // They are those before the update, whatever the batch: of no rows, whose gradient takes no time.
  const still = { ...given, control: { ...given.control, rows: 0 } };
  const expected = sum(runOnCpu(still, inDouble).written.squares);
  // An invocation adds the squares of its outputs and of as many biases as it has rows; all terms are positive.
  expectClose("Σ squares", [sum(squares)], [expected], gamma(along * across + along + across + 1) * expected);
  expectClose("squares before the offset", squares?.slice(0, offset) ?? [], Array(offset).fill(UNTOUCHED), 0);
  return updated;
}

/** Asserts that updates, which run together, equal the reference. */
export async function expectUpdates(device: Device, cases: readonly Case<"layerUpdate">[]): Promise<void> {
  const outcomes = await expectTwins(device, cases, updateTolerances);
  cases.forEach((given, index) => {
    if (given.variant.penalty) expectSquares(given, outcomes[index] as Outcome);
  });
}

/** In the first step and after many, over 1 to 9 rows of a partial batch. */
export const partialUpdates = (variant: LayerUpdateVariant): Case<"layerUpdate">[] =>
  Array.from({ length: 9 }, (_, index) =>
    update(variant, [5, 11, 9], { actual: index + 1, t: [1, 2, 1000][(index + 1) % 3] ?? 1 }),
  );

/** Asserts that a run that has halted leaves W, b and their state as they were. */
export async function expectHalted(device: Device, variant: LayerUpdateVariant): Promise<void> {
  const given = update(variant, [33, 3, 5], { offset: 2 });
  const { written } = await runOnGpu(device, { ...given, control: { ...given.control, halted: 1 } });
  const { squares: _, ...updated } = written;
  for (const [name, values] of Object.entries(updated)) expectSameBits(name, values, given.values[name] as Words);
}

const plain = { decay: false, bias: false, biasDecay: false, penalty: false, gather: false, tile: odd } as const;
/** All that an update may do. */
export const all = {
  decay: "per-batch",
  bias: true,
  biasDecay: "per-batch",
  penalty: true,
  gather: true,
  tile: odd,
} as const;

const parts = {
  least: plain,
  "a bias that does not decay": { ...plain, bias: true, gather: true },
  "decay of W alone": { ...all, biasDecay: false, gather: false },
  "decay of b alone": { ...all, decay: false },
  "no bias": { ...all, bias: false, biasDecay: false, decay: "per-step" },
  most: all,
} as const;

const optimizers = ["sgd", "momentum", "adam", "adamw"] as const;

/** Of each optimizer every pair with a decay, a bias, its decay, a penalty and gathered rows. */
const pairs: Readonly<Record<(typeof optimizers)[number], readonly (keyof typeof parts)[]>> = {
  sgd: ["least", "decay of W alone", "decay of b alone"],
  momentum: ["least", "a bias that does not decay", "most"],
  adam: ["least", "decay of W alone", "most"],
  adamw: ["no bias", "a bias that does not decay", "decay of W alone", "decay of b alone"],
};

/** Variants by optimizer and part. */
const variantsOf = (paired: boolean) =>
  optimizers.flatMap((optimizer) =>
    Object.entries(parts)
      .filter(([part]) => pairs[optimizer].some((one) => one === part) === paired)
      .map(([part, rest]): [string, string, LayerUpdateVariant] => [optimizer, part, { ...rest, optimizer }]),
  );

export const pairedUpdates = variantsOf(true);
export const otherUpdates = variantsOf(false);
