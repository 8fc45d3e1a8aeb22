import { describe, expect, test } from "vitest";
import { NARROW_OUTPUT, type OutputLossVariant } from "../../../src/kernels/output-loss.ts";
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
  type Outcome,
  random,
  randomIntegers,
  runOnCpu,
  runOnGpu,
} from "../../helpers/gpu.ts";
import { hasSubgroups, inputOf, odd } from "../../helpers/tiles.ts";
import { activatedError, deltaError, rowDeltas, rowErrors } from "../../helpers/tolerances.ts";

const device = await useDevice();

/** Rows that a workgroup takes. */
const GROUP = 8;

interface Sizes {
  readonly rows: number;
  readonly inner: number;
  readonly actual?: number;
  readonly scale?: number;
}

function output(variant: OutputLossVariant, sizes: Sizes): Case<"outputLoss"> {
  const { rows, inner, actual = rows, scale = 1 } = sizes;
  const { bias, gather, loss, units, delta } = variant;
  const values: Record<string, Words> = {
    ...inputOf(gather, [rows, inner], actual, 1, scale),
    w: random(units * inner, 2),
    y: loss === "softmaxCrossEntropy" ? randomIntegers(rows, 5, units) : random(rows * units, 5),
    scores: blank(2 * rows),
  };
  if (bias) values.bias = random(units, 3);
  if (delta) values.dz = blank(rows * units);
  return { kernel: "outputLoss", variant, dims: { rows, inner }, control: { rows: actual }, values };
}

/** z = x Wᵀ + b in double precision, and how wrong it may be: γₙ₊₁ (Σ|x||w| + |b|). */
function sums({ variant, dims, control = {}, values }: Case<"outputLoss">) {
  const { bias, gather, units } = variant;
  const linear: Case<"layerForward"> = {
    kernel: "layerForward",
    variant: { activation: "identity", bias, gather, tile: odd },
    dims: { rows: dims.rows, inner: dims.inner, columns: units },
    control,
    values: { ...values, h: new Float32Array(dims.rows * units) },
  };
  const [z, size] = [runOnCpu(linear, inDouble).written.h, magnitudes(linear).h];
  return { z: z ?? [], errors: Array.from(size ?? [], (value) => gamma(dims.inner + 1) * value) };
}

function tolerances(given: Case<"outputLoss">) {
  const { activation, loss, units } = given.variant;
  const { z, errors } = sums(given);
  const rows = Array.from({ length: given.control?.rows ?? 0 }, (_, i) => {
    const at = Array.from({ length: units }, (_, j) => i * units + j);
    const o = at.map((index) => activationFunctions[activation].value(z[index] ?? 0));
    const oErrors = at.map((index) => activatedError(activation, z[index] ?? 0, errors[index] ?? 0));
    const { y } = given.values;
    const target = loss === "softmaxCrossEntropy" ? [y?.[i] ?? 0] : at.map((index) => y?.[index] ?? 0);
    const bounds = rowErrors(loss, o, target, Math.max(...oErrors));
    const d = rowDeltas(loss, o, target);
    return {
      loss: bounds.loss,
      dz: d.map((value, j) => deltaError(activation, value, bounds.delta[j] ?? 0, o[j] ?? 0, oErrors[j] ?? 0)),
    };
  });
  return {
    scores: (index: number) => (index % 2 === 0 ? (rows[index / 2]?.loss ?? 0) : 0),
    dz: (index: number) => rows[Math.floor(index / units)]?.dz[index % units] ?? 0,
  };
}

const lossesOf = ({ written }: Outcome) => Array.from(written.scores ?? []).filter((_, index) => index % 2 === 0);

const plain: OutputLossVariant = {
  activation: "identity",
  bias: true,
  gather: false,
  loss: "softmaxCrossEntropy",
  units: 3,
  delta: true,
  group: GROUP,
  subgroups: false,
};

/** How rows may be shared out else; with subgroups where the device has them, as device.test.ts says it must. */
const groups = [
  { group: GROUP, subgroups: false },
  { group: 4, subgroups: false },
  { group: 32, subgroups: false },
  ...(hasSubgroups(device) ? [4, GROUP, 32].map((group) => ({ group, subgroups: true })) : []),
];

const groupNames = groups.map(({ group, subgroups }) => `${group}${subgroups ? " sharing loads" : ""}`).join(", ");

/** Every kind of output with either loss that takes it; softmax cross-entropy takes logits alone. */
const kinds = [
  { loss: "softmaxCrossEntropy", activation: "identity" } as const,
  ...activations.map((activation) => ({ loss: "halfSquaredError", activation }) as const),
];
const variants = kinds.flatMap((kind) =>
  [true, false].flatMap((bias) =>
    [true, false].map((gather): OutputLossVariant => ({ ...plain, ...kind, bias, gather })),
  ),
);

describe.each(variants)("outputLoss $loss, $activation, bias $bias, gather $gather", (variant) => {
  test("equals the reference for sizes 1 and 3, around what a workgroup takes, and coprime", async () => {
    for (const [rows, inner] of [
      [1, 1],
      [3, 3],
      [GROUP - 1, 5],
      [GROUP, 4],
      [GROUP + 1, 7],
      [2 * GROUP + 1, 17],
    ] as const) {
      const given = output(variant, { rows, inner });
      const { control } = await expectTwin(device, given, tolerances(given));
      expect(control.halted).toBe(0);
    }
  });

  test("leaves the rows beyond a partial batch as they were", async () => {
    for (const actual of [1, GROUP, GROUP + 1]) {
      const given = output(variant, { rows: 70, inner: 3, actual });
      const { written, control } = await expectTwin(device, given, tolerances(given));
      expect(written.scores?.slice(2 * actual)).toEqual(blank(2 * (70 - actual)));
      expect(written.dz?.slice(3 * actual)).toEqual(blank(3 * (70 - actual)));
      expect(control.halted).toBe(0);
    }
  });
});

/** Every small number of outputs, and some of the larger ones: the source of many takes long to compile. */
const someUnits = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 17, 24, 31, NARROW_OUTPUT];

test.each(someUnits)("outputLoss › equals the reference for %i outputs", async (units) => {
  // Both losses where the unrolled source is least and most alike, else in turn.
  const both = [1, 2, 10, NARROW_OUTPUT].includes(units);
  for (const loss of losses.filter((_, index) => both || units % 2 === index)) {
    const activation = loss === "halfSquaredError" ? (activations[units % 4] ?? "tanh") : "identity";
    const given = output({ ...plain, activation, loss, units }, { rows: 7, inner: 5 });
    await expectTwin(device, given, tolerances(given));
  }
});

describe.each(losses)("outputLoss %s", (loss) => {
  const variant: OutputLossVariant = { ...plain, loss };

  test("without delta gives the same scores, bit for bit, and halts nothing", async () => {
    const given = output(variant, { rows: 65, inner: 7 });
    const { dz: _, ...values } = given.values;
    const scored: Case<"outputLoss"> = { ...given, variant: { ...variant, delta: false }, values };
    const [whole, part] = [await runOnGpu(device, given), await runOnGpu(device, scored)];
    expect(part.written).toEqual({ scores: whole.written.scores });
    const x = random(65 * 7, 1).fill(Number.NaN);
    const { control } = await runOnGpu(device, { ...scored, values: { ...values, x } });
    expect(control.halted).toBe(0);
  });

  test("a weight or input that is NaN gives losses that are not finite, and halts the run", async () => {
    for (const at of [0, 1, 2]) {
      const given = output(variant, { rows: 3, inner: 3 });
      const w = random(9, 2);
      w[3 * at + 1] = Number.NaN;
      const byWeight = await runOnGpu(device, { ...given, values: { ...given.values, w } });
      expect([at, lossesOf(byWeight).map(Number.isFinite)]).toEqual([at, [false, false, false]]);
      expect(byWeight.control.halted).toBe(1);
      const x = random(9, 1);
      x[3 * at + 1] = Number.NaN;
      const byInput = await runOnGpu(device, { ...given, values: { ...given.values, x } });
      expect(lossesOf(byInput).map(Number.isFinite)).toEqual([0, 1, 2].map((row) => row !== at));
      expect(byInput.control.halted).toBe(1);
    }
  });

  test("a run that has halted stays halted", async () => {
    const given = output(variant, { rows: 3, inner: 3 });
    const { control } = await runOnGpu(device, { ...given, control: { ...given.control, halted: 1 } });
    expect(control.halted).toBe(1);
  });

  test(`gives the same bits on every run with ${groupNames} rows a workgroup`, async () => {
    for (const sizes of [
      ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((inner) => ({ rows: 65, inner })),
      ...[1, 3, 4, 5, 31, 32, 33].map((actual) => ({ rows: 65, inner: 17, actual })),
    ]) {
      const expected = await runOnGpu(device, output({ ...variant, gather: true }, sizes));
      for (const taken of groups) {
        expect(await runOnGpu(device, output({ ...variant, gather: true, ...taken }, sizes))).toEqual(expected);
      }
    }
  });
});

describe("outputLoss", () => {
  test("stays finite and equals the reference where logits lie far apart", async () => {
    const given = output({ ...plain, units: 10 }, { rows: 65, inner: 7, scale: 40 });
    await expectTwin(device, given, tolerances(given));
  });

  test("stays finite at logits of ±1000", async () => {
    const given = output({ ...plain, bias: false, units: 2 }, { rows: 2, inner: 1 });
    const values = {
      ...given.values,
      x: Float32Array.of(1, 1),
      w: Float32Array.of(1000, -1000),
      y: Uint32Array.of(0, 1),
    };
    const { written } = await runOnGpu(device, { ...given, values });
    expect([...(written.scores ?? [])]).toEqual([0, 1, 2000, 0]);
    expect([...(written.dz ?? [])]).toEqual([0, 0, 1, -1]);
  });

  test("counts the first of equal outputs as the answer", async () => {
    const given = output({ ...plain, bias: false }, { rows: 3, inner: 1 });
    const values = {
      ...given.values,
      x: Float32Array.of(1, 1, 0),
      w: Float32Array.of(1, 2, 2),
      y: Uint32Array.of(1, 2, 0),
    };
    const { written } = await runOnGpu(device, { ...given, values });
    expect(Array.from(written.scores ?? []).filter((_, index) => index % 2 === 1)).toEqual([1, 0, 1]);
  });

  test("an infinite output of another class halts the run", async () => {
    const given = output({ ...plain, bias: false }, { rows: 1, inner: 1 });
    const values = { ...given.values, x: Float32Array.of(3e38), w: Float32Array.of(0, 2, 1), y: Uint32Array.of(0) };
    const outcome = await runOnGpu(device, { ...given, values });
    expect(lossesOf(outcome).map(Number.isFinite)).toEqual([false]);
    expect(outcome.control.halted).toBe(1);
  });
});
