import { describe, test } from "vitest";
import { SPLIT_ROWS } from "../../../src/kernels/layer-gradient.ts";
import { type SplitUpdateVariant, splitSquareParts } from "../../../src/kernels/split-update.ts";
import { expectClose, expectSameBits, gamma, type Words } from "../../helpers/compare.ts";
import { useDevice } from "../../helpers/device.ts";
import { type Case, random, runOnGpu, UNTOUCHED } from "../../helpers/gpu.ts";
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

/** Asserts that W and b are what weightUpdate, which its own twin judges, makes of the parts' sums, bit for bit. */
async function expectUpdate(given: Case<"splitUpdate">): Promise<void> {
  const { variant, values, dims } = given;
  const { written } = await runOnGpu(device, given);
  const sums = sumsOf(given);
  const weights = dims.rows * dims.columns;
  const alone = async (name: "w" | "bias", g: Floats) => {
    const state = values[name === "w" ? "state" : "biasState"];
    const decay = name === "w" ? variant.decay : variant.biasDecay;
    const one: Case<"weightUpdate"> = {
      kernel: "weightUpdate",
      variant: { optimizer: variant.optimizer, decay },
      dims: { elements: g.length },
      control,
      values: { g, parameter: values[name] as Words, ...(state ? { state } : {}) },
    };
    const expected = (await runOnGpu(device, one)).written;
    expectSameBits(name, written[name] as Words, expected.parameter as Words);
    if (state)
      expectSameBits(
        `state of ${name}`,
        written[name === "w" ? "state" : "biasState"] as Words,
        expected.state as Words,
      );
  };
  await alone("w", sums.slice(0, weights));
  if (variant.bias) await alone("bias", sums.slice(weights));
  if (!variant.penalty) return;
  const squares = Array.from(written.squares ?? []);
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
    for (const one of sizes) await expectUpdate(update(variant, one, 5));
  });

  test("updates nothing once the run has halted", async () => {
    const given = update(variant, [33, 4, 5], 2);
    const { written } = await runOnGpu(device, { ...given, control: { ...control, halted: 1 } });
    const { squares: _, ...updated } = written;
    for (const [name, values] of Object.entries(updated)) expectSameBits(name, values, given.values[name] as Words);
  });
});
