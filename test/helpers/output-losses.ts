import { expect } from "vitest";
import type { Device } from "../../src/device/open.ts";
import { NARROW_OUTPUT, type OutputLossVariant } from "../../src/kernels/output-loss.ts";
import { type Activation, activations } from "../../src/model/activation.ts";
import { type Loss, losses } from "../../src/model/loss.ts";
import { activationFunctions } from "../../src/reference/activation.ts";
import { gamma, type Words } from "./compare.ts";
import {
  blank,
  type Case,
  inDouble,
  magnitudes,
  type Outcome,
  random,
  randomIntegers,
  runOnCpu,
  type Tolerances,
} from "./gpu.ts";
import { targets } from "./targets.ts";
import { DATA_ROWS, hasSubgroups, inputOf, odd } from "./tiles.ts";
import { activatedError, deltaError, rowDeltas, rowErrors } from "./tolerances.ts";

/** Rows that a workgroup takes. */
export const GROUP = 8;

export interface OutputSizes {
  readonly rows: number;
  readonly inner: number;
  readonly actual?: number;
  readonly scale?: number;
}

/** A call over a batch of which `actual` rows are filled, and the targets of all rows. */
export function output(variant: OutputLossVariant, sizes: OutputSizes): Case<"outputLoss"> {
  const { rows, inner, actual = rows, scale = 1 } = sizes;
  const { bias, gather, loss, units, delta } = variant;
  const values: Record<string, Words> = {
    order: randomIntegers(rows, 101, DATA_ROWS),
    ...inputOf(gather, [rows, inner], actual, 1, scale),
    w: random(units * inner, 2),
    y: targets[loss].of(DATA_ROWS, units, 5),
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

/** How wrong the scores and the deltas of a call may be. */
export function outputTolerances(given: Case<"outputLoss">): Tolerances {
  const { activation, loss, units } = given.variant;
  const { z, errors } = sums(given);
  const rows = Array.from({ length: given.control?.rows ?? 0 }, (_, i) => {
    const at = Array.from({ length: units }, (_, j) => i * units + j);
    const o = at.map((index) => activationFunctions[activation].value(z[index] ?? 0));
    const oErrors = at.map((index) => activatedError(activation, z[index] ?? 0, errors[index] ?? 0));
    const target = targets[loss].row(given.values.y ?? new Float32Array(), given.values.order?.[i] ?? 0, units);
    const bounds = rowErrors(loss, o, target, Math.max(...oErrors));
    const d = rowDeltas(loss, o, target);
    return {
      loss: bounds.loss,
      dz: d.map((value, j) => deltaError(activation, value, bounds.delta[j] ?? 0, o[j] ?? 0, oErrors[j] ?? 0)),
    };
  });
  return {
    scores: (index) => (index % 2 === 0 ? (rows[index / 2]?.loss ?? 0) : 0),
    dz: (index) => rows[Math.floor(index / units)]?.dz[index % units] ?? 0,
  };
}

/** The loss of each row. */
export const lossesOf = ({ written }: Outcome) =>
  Array.from(written.scores ?? []).filter((_, index) => index % 2 === 0);

export const plain: OutputLossVariant = {
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
export const groupsOf = (device: Device) => [
  { group: 4, subgroups: false },
  { group: 32, subgroups: false },
  ...(hasSubgroups(device) ? [4, GROUP, 32].map((group) => ({ group, subgroups: true })) : []),
];

/** Every kind of output with either loss that takes it; softmax cross-entropy takes logits alone. */
const kinds: readonly { readonly loss: Loss; readonly activation: Activation }[] = [
  { loss: "softmaxCrossEntropy", activation: "identity" },
  ...activations.map((activation) => ({ loss: "halfSquaredError", activation }) as const),
];

/** Of the variants with and without bias and gathered rows, the half that has every pair, or the other half. */
const variantsOf = (paired: boolean) =>
  kinds.flatMap((kind, index) =>
    [true, false].map((bias): OutputLossVariant => {
      const gather = (index % 2 === 0) === paired ? bias : !bias;
      return { ...plain, ...kind, bias, gather };
    }),
  );

export const pairedOutputs = variantsOf(true);
export const otherOutputs = variantsOf(false);

/** So many outputs, with a loss and an activation that change from one number to the next. */
const unitsOf = (units: number, loss: Loss): OutputLossVariant => ({
  ...plain,
  activation: loss === "halfSquaredError" ? (activations[units % 4] ?? "tanh") : "identity",
  loss,
  units,
});

/** Every small number of outputs, and some of the larger ones: the source of many takes long to compile. */
const someUnits = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 17, 24, 31, NARROW_OUTPUT];

/** Both losses where the unrolled source is least and most alike, else in turn. */
const manyUnits = someUnits.flatMap((units) =>
  losses
    .filter((_, index) => [1, 2, 10, NARROW_OUTPUT].includes(units) || units % 2 === index)
    .map((loss) => unitsOf(units, loss)),
);

/** The numbers of outputs that `npm test` tries beside three: the fewest and many with either loss. */
const chosen: Readonly<Record<Loss, readonly number[]>> = {
  halfSquaredError: [1, NARROW_OUTPUT],
  softmaxCrossEntropy: [1, 2, 10],
};
const isChosen = ({ units, loss }: OutputLossVariant) => chosen[loss].includes(units);

export const chosenUnits = manyUnits.filter(isChosen);
export const otherUnits = manyUnits.filter((variant) => !isChosen(variant));

/** Sizes whose rows and sums end anywhere in a workgroup and in a round. */
export const sharedSizes: readonly OutputSizes[] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((inner) => ({ rows: 65, inner })),
  ...[1, 3, 4, 5, 31, 32, 33].map((actual) => ({ rows: 65, inner: 17, actual })),
];

/** Sizes 1 and 3, around what a workgroup takes, and coprime. */
export const outputSizes: readonly OutputSizes[] = [
  { rows: 1, inner: 1 },
  { rows: 3, inner: 3 },
  { rows: GROUP - 1, inner: 5 },
  { rows: GROUP, inner: 4 },
  { rows: GROUP + 1, inner: 7 },
  { rows: 2 * GROUP + 1, inner: 17 },
];

/** Parts of a batch of 70 rows. */
export const partialOutputs: readonly OutputSizes[] = [1, GROUP, GROUP + 1].map((actual) => ({
  rows: 70,
  inner: 3,
  actual,
}));

/** Asserts that the calls over `partialOutputs` left the rows beyond as they were, and halted nothing. */
export function expectLeftOver(outcomes: readonly Outcome[]): void {
  expect(outcomes).toHaveLength(partialOutputs.length);
  partialOutputs.forEach(({ rows, actual = rows }, index) => {
    const { written, control } = outcomes[index] ?? {};
    expect(written?.scores?.slice(2 * actual)).toEqual(blank(2 * (rows - actual)));
    expect(written?.dz?.slice(3 * actual)).toEqual(blank(3 * (rows - actual)));
    expect(control?.halted).toBe(0);
  });
}
