import { describe, test } from "vitest";
import { SPLIT_ROWS } from "../../../src/kernels/layer-gradient.ts";
import { type SplitUpdateVariant, splitSquareParts } from "../../../src/kernels/split-update.ts";
import { expectClose, expectSameBits, gamma, type Words } from "../../helpers/compare.ts";
import { useDevice } from "../../helpers/device.ts";
import { type Case, random, runAllOnGpu, runOnGpu, UNTOUCHED } from "../../helpers/gpu.ts";
import { controlAt, stateOf } from "../../helpers/update.ts";

const device = await useDevice();

const control = controlAt(2, 700);

type Sizes = readonly [rows: number, parts: number, columns: number];
type Floats = Float32Array<ArrayBuffer>;

function update(variant: SplitUpdateVariant, [rows, parts, columns]: Sizes, offset = 0): Case<"splitUpdate"> {
  const { optimizer, bias, penalty } = variant;
  const values: Record<string, Words> = {
    parts: random(parts * rows * (columns + (bias ? 1 : 0)), 1),
    w: random(rows * columns, 2),
  };
  if (optimizer !== "sgd") values.state = stateOf(optimizer, rows * columns, 3);
  if (bias) values.bias = random(rows, 4);
  if (bias && optimizer !== "sgd") values.biasState = stateOf(optimizer, rows, 5);
  if (penalty) {
    values.squares = new Float32Array(offset + splitSquareParts(rows, columns, bias)).fill(UNTOUCHED, 0, offset);
  }
  return {
    kernel: "splitUpdate",
    variant,
    dims: { rows, inner: parts * SPLIT_ROWS, columns, offset },
    control,
    values,
  };
}

/** Σ of the parts, rounded after each as on the GPU. */
function sumsOf({ values, dims }: Case<"splitUpdate">): Floats {
  const parts = values.parts as Floats;
  const elements = (parts.length * SPLIT_ROWS) / dims.inner;
  const sums = new Float32Array(elements);
  parts.forEach((value, index) => {
    sums[index % elements] = Math.fround((sums[index % elements] ?? 0) + value);
  });
  return sums;
}

/** The update of W or of b alone by the parts' sums. */
function aloneOf(given: Case<"splitUpdate">, name: "w" | "bias"): Case<"weightUpdate"> {
  const { variant, values, dims } = given;
  const [sums, weights] = [sumsOf(given), dims.rows * dims.columns];
  const g = name === "w" ? sums.slice(0, weights) : sums.slice(weights);
  const state = values[stateName[name]];
  return {
    kernel: "weightUpdate",
    variant: { optimizer: variant.optimizer, decay: name === "w" ? variant.decay : variant.biasDecay },
    dims: { elements: g.length },
    control,
    values: { g, parameter: values[name] as Words, ...(state ? { state } : {}) },
  };
}

const stateName = { w: "state", bias: "biasState" } as const;

/** Asserts that W and b are what weightUpdate, which its own twin judges, makes of the parts' sums, bit for bit. */
async function expectUpdates(cases: readonly Case<"splitUpdate">[]): Promise<void> {
  const outcomes = await runAllOnGpu(device, cases);
  const parameters = cases.flatMap((given, index) =>
    (given.variant.bias ? (["w", "bias"] as const) : (["w"] as const)).map((name) => ({ given, index, name })),
  );
  const alone = await runAllOnGpu(
    device,
    parameters.map(({ given, name }) => aloneOf(given, name)),
  );
  parameters.forEach(({ given, index, name }, one) => {
    const [got, expected] = [outcomes[index]?.written ?? {}, alone[one]?.written ?? {}];
    expectSameBits(name, got[name] as Words, expected.parameter as Words);
    if (given.variant.optimizer === "sgd") return;
    expectSameBits(`state of ${name}`, got[stateName[name]] as Words, expected.state as Words);
  });
  cases.forEach((given, index) => {
    if (given.variant.penalty) expectSquares(given, outcomes[index]?.written.squares);
  });
}

/** Asserts that the parts of the squares add up to those of what decays. */
function expectSquares({ variant, values, dims }: Case<"splitUpdate">, written: Words = new Float32Array()): void {
  const squares = Array.from(written);
  const total = (...tensors: ArrayLike<number>[]) =>
    tensors.flatMap((tensor) => Array.from(tensor)).reduce((sum, value) => sum + value * value, 0);
  const expected = total(variant.decay ? (values.w as Floats) : [], variant.biasDecay ? (values.bias as Floats) : []);
  const got = squares.slice(dims.offset).reduce((sum, value) => sum + value, 0);
  // An invocation adds at most 16 squares, each rounded.
  expectClose("Σ squares", [got], [expected], gamma(17) * expected);
  expectClose("squares before the offset", squares.slice(0, dims.offset), Array(dims.offset).fill(UNTOUCHED), 0);
}

const sizes: readonly Sizes[] = [
  [1, 1, 1],
  [3, 4, 3],
  [33, 5, 19],
  [31, 4, 32],
  [32, 8, 32],
  [33, 4, 32],
];

describe.each(
  (["sgd", "momentum", "adam", "adamw"] as const).flatMap((optimizer): SplitUpdateVariant[] => [
    { optimizer, decay: false, bias: false, biasDecay: false, penalty: false },
    { optimizer, decay: "per-batch", bias: true, biasDecay: false, penalty: true },
    { optimizer, decay: "per-batch", bias: true, biasDecay: "per-batch", penalty: true },
  ]),
)("splitUpdate $optimizer, decay $decay, bias $bias, biasDecay $biasDecay", (variant) => {
  test("updates as weightUpdate does by the sums of the parts", async () => {
    await expectUpdates(sizes.map((one) => update(variant, one, 5)));
  });

  test("updates nothing once the run has halted", async () => {
    const given = update(variant, [33, 4, 5], 2);
    const { written } = await runOnGpu(device, { ...given, control: { ...control, halted: 1 } });
    const { squares: _, ...updated } = written;
    for (const [name, values] of Object.entries(updated)) expectSameBits(name, values, given.values[name] as Words);
  });
});
