import { checkOptions, described, type Kind, refuse, show } from "./options.ts";

/** The learning rate η of step t = 0, 1, 2, …: constant where a plain number is given. */
export type Schedule =
  | { readonly kind: "constant"; readonly learningRate: number }
  /** η·γ^⌊t / every⌋. */
  | { readonly kind: "step"; readonly learningRate: number; readonly every: number; readonly factor: number }
  /**
   * Linear warm-up η(t + 1)/warmup for t < warmup, then f + (η − f)(1 + cos π(t − warmup)/(steps − warmup))/2, and f
   * from `steps` on (Loshchilov & Hutter 2017, one cycle).
   */
  | {
      readonly kind: "cosine";
      readonly learningRate: number;
      readonly steps: number;
      readonly warmup: number;
      readonly finalLearningRate: number;
    };

/** The kinds of schedules. */
export const schedules = ["constant", "step", "cosine"] as const satisfies Schedule["kind"][];

/** η·factor^⌊t / every⌋ for step t. */
export const stepDecay = (options: { learningRate: number; every: number; factor: number }): Schedule => {
  checkOptions("stepDecay", options, { learningRate: 1, every: 1, factor: 1 });
  positive("stepDecay", "learningRate", options.learningRate);
  positive("stepDecay", "factor", options.factor);
  count("stepDecay", "every", options.every, 1);
  return described({ kind: "step", ...options });
};

/** Linear warm-up over `warmup` steps, then half a cosine from η down to `finalLearningRate` at step `steps`. */
export const cosine = (options: {
  learningRate: number;
  steps: number;
  warmup?: number;
  finalLearningRate?: number;
}): Schedule => {
  checkOptions("cosine", options, { learningRate: 1, steps: 1, warmup: 0, finalLearningRate: 0 });
  const { learningRate, steps, warmup = 0, finalLearningRate = 0 } = options;
  positive("cosine", "learningRate", learningRate);
  count("cosine", "warmup", warmup, 0);
  count("cosine", "steps", steps, warmup + 1);
  notNegative("cosine", "finalLearningRate", finalLearningRate);
  return described({ kind: "cosine", learningRate, steps, warmup, finalLearningRate });
};

/** @throws ModelError unless `value` is a finite number above 0, in float32 too. */
export function positive(where: string, name: string, value: number): void {
  if (!(isFloat(value) && Math.fround(value) > 0))
    refuseNumber(where, name, value, "a number above 0 in float32's range");
}

/** @throws ModelError unless `value` is a finite number, 0 or above, in float32 too. */
export function notNegative(where: string, name: string, value: number): void {
  if (!(isFloat(value) && value >= 0)) refuseNumber(where, name, value, "a number, 0 or above, in float32's range");
}

/** @throws ModelError unless 0 ≤ `value` < 1 as a float32. */
export function fraction(where: string, name: string, value: number): void {
  if (!(isFloat(value) && value >= 0 && Math.fround(value) < 1)) {
    refuseNumber(where, name, value, "a number from 0 to below 1, in float32 too");
  }
}

/** @throws ModelError, or an error of another kind, unless `value` is a whole number of at least `least`, and a u32. */
export function count(where: string, name: string, value: number, least: number, kind?: Kind): void {
  if (!(value >>> 0 === value && value >= least)) {
    refuseNumber(where, name, value, `a whole number from ${least} to 4294967295`, kind);
  }
}

const isFloat = (value: number): boolean => typeof value === "number" && Number.isFinite(Math.fround(value));

const refuseNumber = (where: string, name: string, value: number, expected: string, kind?: Kind): never =>
  refuse(where, `${name} ${show(value)}`, expected, `set ${name} to ${expected}`, kind);
