import type { ControlValues } from "../../src/kernels/control.ts";
import type { UpdateVariant } from "../../src/kernels/weight-update.ts";
import type { Activation } from "../../src/model/activation.ts";
import type { Loss } from "../../src/model/loss.ts";
import { decoupled, type Rule } from "../../src/model/optimizer.ts";
import { activationFunctions } from "../../src/reference/activation.ts";
import { rowLoss } from "../../src/reference/loss.ts";
import { gamma, SMALLEST_NORMAL, UNIT_ROUNDOFF } from "./compare.ts";

/**
 * Roundings that any term of a sum of n terms over a workgroup meets at most: ⌈n/group⌉ − 1 sums within its invocation, and one
 * for each other invocation that has a term. A sum with 0 is exact.
 */
export const groupRoundings = (n: number, group: number): number =>
  n === 0 ? 0 : Math.ceil(n / group) - 1 + Math.min(n, group) - 1;

/** One unit in the last place, relative to the number, at most. */
export const ULP = 2 * UNIT_ROUNDOFF;

/**
 * How wrong φ(z) may be. Errors that WGSL allows, carried through the formulas (its section on the accuracy of built-in
 * functions): exp x 3 + 2|x| ulp, division 2.5 ulp, sums and products half an ulp. Below the normal numbers a GPU may give 0.
 */
export const activationErrors: Readonly<Record<Activation, (z: number) => number>> = {
  identity: () => 0,
  relu: () => 0,
  // e = exp(−|z|), then 1/(1 + e) or e/(1 + e): one exp, one sum, one division; half an ulp for the twin's rounding.
  sigmoid: (z) => {
    const h = 1 / (1 + Math.exp(-z));
    return (3 + 2 * Math.abs(z) + 0.5 + 2.5 + 0.5) * ULP * h + SMALLEST_NORMAL;
  },
  // |z| < 0.625: z + z s p, where |s p| < 0.12 makes the eleven roundings of the polynomial small; Cephes states that the
  // polynomial is right to 1.3e-7. Beyond: 1 − q with q = 2/(exp 2|z| + 1), so that q's relative error is scaled by q.
  tanh: (z) => {
    const a = Math.min(Math.abs(z), 20);
    if (a < 0.625) return (1.3e-7 + (1 + 0.12 * 11 + 1) * UNIT_ROUNDOFF) * a + SMALLEST_NORMAL;
    const q = 2 / (Math.exp(2 * a) + 1);
    return (3 + 4 * a + 0.5 + 2.5) * ULP * q + 2 * UNIT_ROUNDOFF;
  },
};

/**
 * How wrong a product d φ′(h) may be, relative to d. The slopes 0 and 1 make products exact. Sigmoid: 1 − h, a product, a
 * product and the twin's rounding, each relative. Tanh: the error of h² is as large as u, however small 1 − h² is.
 */
export const slopeErrors: Readonly<Record<Activation, (h: number) => number>> = {
  identity: () => 0,
  relu: () => 0,
  sigmoid: (h) => 4 * UNIT_ROUNDOFF * Math.abs(h * (1 - h)),
  tanh: (h) => UNIT_ROUNDOFF * (h * h + 3 * Math.abs(1 - h * h)),
};

/** How much a slope changes with h, at most: |1 − 2h| and |2h| for h in their range. */
const slopeChanges: Readonly<Record<Activation, number>> = { identity: 0, relu: 0, sigmoid: 1, tanh: 2 };

/** What the slope of each φ is at most. */
const steepest: Readonly<Record<Activation, number>> = { identity: 1, relu: 1, sigmoid: 1, tanh: 1 };

/** Whether a slope jumps at z = 0, so that either side's may be taken where the sign of z is in doubt. */
const jumps: Readonly<Record<Activation, boolean>> = { identity: false, relu: true, sigmoid: false, tanh: false };

/** How wrong φ(z) may be where z is wrong by `error`, which adds to what the formula allows at z itself. */
export const activatedError = (activation: Activation, z: number, error: number): number =>
  steepest[activation] * error + activationErrors[activation](z);

/**
 * How wrong d φ′ may be, with φ′ out of h = φ(z), where d and h are wrong by so much. Where the slope jumps, the sign of z is in
 * doubt if h is no larger than its error.
 */
export function deltaError(activation: Activation, d: number, dError: number, h: number, hError: number): number {
  const slope = Math.abs(activationFunctions[activation].slope(h, h));
  const doubt = jumps[activation] && hError > 0 && Math.abs(h) <= hError ? 1 : 0;
  const change = slopeErrors[activation](h) + slopeChanges[activation] * hError + doubt;
  // The product of an exact slope is still rounded, on either side.
  return (slope + change) * dError + Math.abs(d) * change + gamma(2) * Math.abs(d) * slope + SMALLEST_NORMAL;
}

/** How wrong the loss of one row and each ∂ℓ/∂oⱼ may be. */
export interface RowErrors {
  readonly loss: number;
  readonly delta: readonly number[];
}

/**
 * What the accuracies of WGSL's built-in functions allow. With d = o − m ≤ 0, rounded: exp d carries (3 + 2|d|) ulp and
 * |d|/2 ulp of its argument, so that the total is right to Σⱼ pⱼ(3 + 2.5|dⱼ|) ulp + γ_C; log has an absolute error of 2⁻²¹
 * near 1 and of 3 ulp elsewhere; a difference, a sum and the twin's rounding follow.
 *
 * Outputs wrong by at most e move log Σ exp and o_y by e each, and pⱼ by a factor of exp 2e.
 */
function softmaxErrors(o: readonly number[], [label = 0]: readonly number[], error: number): RowErrors {
  const largest = Math.max(...o);
  const d = o.map((value) => value - largest);
  const total = d.reduce((sum, value) => sum + Math.exp(value), 0);
  const p = d.map((value) => Math.exp(value) / total);
  const spread = d.reduce((sum, value, j) => sum + (p[j] ?? 0) * (3 + 2.5 * -value), 0);
  const relative = spread * ULP + gamma(o.length);
  const [log, shift] = [Math.log(total), -(d[label] ?? 0)];
  return {
    loss:
      2 * error +
      relative +
      Math.max(2 ** -21, 3 * ULP * log) +
      2 * UNIT_ROUNDOFF * shift +
      2 * UNIT_ROUNDOFF * (log + shift),
    // p has the errors of its exp, of the total and 2.5 ulp of the division; then a difference of at most 1 and the twin.
    delta: d.map(
      (dj, j) => (p[j] ?? 0) * ((3 + 2.5 * -dj + 2.5) * ULP + relative + Math.expm1(2 * error)) + 2 * UNIT_ROUNDOFF,
    ),
  };
}

/** Each difference is rounded once; its square, the sum and the half: γ₍C₊₄₎ℓ with the twin's rounding. */
function squaredErrors(o: readonly number[], y: readonly number[], error: number): RowErrors {
  const differences = o.map((value, j) => Math.abs(value - (y[j] ?? 0)));
  const sum = differences.reduce((total, value) => total + value * value, 0);
  const moved = differences.reduce((total, value) => total + (value + error / 2) * error, 0);
  return {
    loss: (gamma(o.length + 4) * sum) / 2 + moved,
    delta: differences.map((value) => 2 * UNIT_ROUNDOFF * value + error),
  };
}

/**
 * @param y the class, or the target of each output
 * @param error how wrong any output may be
 */
export const rowErrors = (loss: Loss, o: readonly number[], y: readonly number[], error = 0): RowErrors =>
  lossErrors[loss](o, y, error);

const lossErrors = { halfSquaredError: squaredErrors, softmaxCrossEntropy: softmaxErrors } satisfies Record<
  Loss,
  unknown
>;

/** Each ∂ℓ/∂oⱼ of one row, in double precision. */
export function rowDeltas(loss: Loss, o: readonly number[], y: readonly number[]): number[] {
  const delta = new Float64Array(o.length);
  rowLoss[loss](Float64Array.from(o), Float64Array.from(y), 0, o.length, delta);
  return [...delta];
}

/** One element of a parameter before its update. */
export interface UpdatedElement {
  readonly omega: number;
  readonly g: number;
  /** How wrong g may be. */
  readonly gError: number;
  /** The velocity, or both moments. */
  readonly state: readonly [number, number];
}

/** How wrong the element and its state may be after the update. */
export interface UpdateErrors {
  readonly parameter: number;
  readonly state: readonly [number, number];
}

/**
 * γ₁₂ over the sum of the magnitudes that each formula adds: none meets more than 12 roundings, a division (2.5 ulp, or 5
 * roundings) counted as such. Adam's quotient lies between those of the least and the greatest moments, the root itself
 * right to 4.5 ulp.
 */
export function updateErrors(
  { optimizer, decay }: UpdateVariant,
  control: ControlValues,
  { omega, g, gError, state }: UpdatedElement,
): UpdateErrors {
  const { rows } = control;
  const w = Math.abs(omega);
  const coupled = decay && !decoupled[optimizer] ? control.decay : 0;
  const size = (Math.abs(g) + coupled * w) / rows;
  const shrink = decay && decoupled[optimizer] ? (control.learningRate * control.decay) / rows : 0;
  const gradient = { mean: (g + coupled * omega) / rows, size, meanError: few * size + gError / rows };
  return ruleErrors[optimizer]({ ...gradient, w, gError, state, shrink, control });
}

const few = gamma(12);

/** What the errors of an update follow from. */
interface Update {
  readonly w: number;
  /** ĝ, the sum of the magnitudes that it adds, and how wrong it may be. */
  readonly mean: number;
  readonly size: number;
  readonly meanError: number;
  readonly gError: number;
  readonly state: readonly [number, number];
  /** ηλ̃/|B| where the decay is apart. */
  readonly shrink: number;
  readonly control: ControlValues;
}

const ruleErrors: Readonly<Record<Rule, (update: Update) => UpdateErrors>> = {
  sgd: ({ w, meanError, control }) => ({ parameter: few * w + control.learningRate * meanError, state: [0, 0] }),
  momentum: ({ w, size, gError, state, control }) => {
    const velocity = control.momentum * Math.abs(state[0]) + size;
    const moved = few * velocity + gError / control.rows;
    return { parameter: few * w + control.learningRate * moved, state: [moved, 0] };
  },
  adam: adamErrors,
  adamw: adamErrors,
};

function adamErrors({ w, mean, size, meanError, state, shrink, control: c }: Update): UpdateErrors {
  const first = c.beta1 * state[0] + c.rest1 * mean;
  const second = c.beta2 * state[1] + c.rest2 * mean * mean;
  const firstError = few * (c.beta1 * Math.abs(state[0]) + c.rest1 * size) + c.rest1 * meanError;
  // Both factors of ĝ² carry its error.
  const secondError = few * second + c.rest2 * meanError * (2 * Math.abs(mean) + meanError);
  const quotient = (m: number, v: number) =>
    m / c.correction1 / (Math.sqrt(Math.max(v, 0) / c.correction2) + c.epsilon);
  const exact = quotient(first, second);
  const [m, v] = [
    [first - firstError, first + firstError],
    [second - secondError, second + secondError],
  ];
  const off = Math.max(...m.flatMap((one) => v.map((other) => Math.abs(quotient(one, other) - exact))));
  return {
    parameter: few * (1 + shrink) * w + c.learningRate * (off + 2 * few * Math.abs(exact)),
    state: [firstError, secondError],
  };
}
