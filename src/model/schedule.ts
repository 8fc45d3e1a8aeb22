import { checkOptions, type Kind, ofKind, refuse, show } from "./options.ts";

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

/** Options of `stepDecay`. */
export interface StepOptions {
  readonly learningRate: number;
  readonly every: number;
  readonly factor: number;
}

/** Options of `cosine`. */
export interface CosineOptions {
  readonly learningRate: number;
  readonly steps: number;
  /** 0 if left out. */
  readonly warmup?: number;
  /** 0 if left out. */
  readonly finalLearningRate?: number;
}

/** η·factor^⌊t / every⌋ for step t. @throws ModelError where a value is out of its range */
export const stepDecay = (options: StepOptions): Schedule => step("stepDecay", options);

/**
 * Linear warm-up over `warmup` steps, then half a cosine from η down to `finalLearningRate` at step `steps`.
 * @throws ModelError where a value is out of its range
 */
export const cosine = (options: CosineOptions): Schedule => half("cosine", options);

const constant = (where: string, options: { readonly learningRate: number }): Schedule => {
  const given = checkOptions(where, options, { learningRate: 1 });
  positive(where, "learningRate", given.learningRate);
  return Object.freeze({ kind: "constant", ...given });
};

const step = (where: string, options: StepOptions): Schedule => {
  const given = checkOptions(where, options, { learningRate: 1, every: 1, factor: 1 });
  positive(where, "learningRate", given.learningRate);
  positive(where, "factor", given.factor);
  count(where, "every", given.every, 1);
  return Object.freeze({ kind: "step", ...given });
};

const half = (where: string, options: CosineOptions): Schedule => {
  const given = {
    warmup: 0,
    finalLearningRate: 0,
    ...checkOptions(where, options, { learningRate: 1, steps: 1, warmup: 0, finalLearningRate: 0 }),
  };
  positive(where, "learningRate", given.learningRate);
  count(where, "warmup", given.warmup, 0);
  count(where, "steps", given.steps, given.warmup + 1);
  notNegative(where, "finalLearningRate", given.finalLearningRate);
  return Object.freeze({ kind: "cosine", ...given });
};

/** How each kind is made of what it holds beside its kind. */
const makers = { constant, step, cosine: half };

/** A schedule out of a number or of plain data, checked as those that calls make. @throws ModelError unless it is one */
export function checkSchedule(where: string, rate: number | Schedule): Schedule {
  if (typeof rate !== "object") {
    positive(where, "learningRate", rate);
    return Object.freeze({ kind: "constant", learningRate: rate });
  }
  const copy = ofKind(rate, schedules);
  if (copy) {
    const { kind, ...options } = copy;
    return makers[kind](`${where}: schedule`, options as StepOptions & CosineOptions);
  }
  refuse(where, `learningRate ${show(rate)}`, "a number or a schedule", "give a number such as 0.1, or call cosine");
}

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
  if (!(typeof value === "number" && value >>> 0 === value && value >= least)) {
    refuseNumber(where, name, value, `a whole number from ${least} to 4294967295`, kind);
  }
}

const isFloat = (value: number): boolean => typeof value === "number" && Number.isFinite(Math.fround(value));

const refuseNumber = (where: string, name: string, value: number, expected: string, kind?: Kind): never =>
  refuse(where, `${name} ${show(value)}`, expected, `set ${name} to ${expected}`, kind);
