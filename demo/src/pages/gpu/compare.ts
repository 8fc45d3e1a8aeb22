import type { Role, Tensor } from "chainrule";

/** Steps that are trained on both sides, … */
export const STEPS = 30;
/** … compared after every so many. */
export const STRETCH = 10;

/**
 * How far the GPU may be from the reference, as a share of a tensor's scale: the bound of the library's own tests. It is 168
 * times the unit roundoff of float32, 2⁻²⁴. Roundings grow like the square root of their number (Higham and Mary 2019), so two
 * orders of adding reach it after some 28,000 in a row; a wrong formula is beyond it at once.
 */
export const BOUND = 1e-5;

/** Tensors that are judged alike. */
export const groups = ["parameters", "state", "activations", "deltas", "gradients", "loss", "batch"] as const;
export type Group = (typeof groups)[number];

const groupOfRole: Readonly<Partial<Record<Role, Group>>> = {
  parameter: "parameters",
  state: "state",
  activation: "activations",
  delta: "deltas",
  gradient: "gradients",
};

/** The group of a plan's tensor; undefined for what lies in no buffer of its own or is no quantity of the step. */
export function groupOf(name: string, { role, place, buffer }: Tensor): Group | undefined {
  if (place !== undefined || buffer !== undefined) return undefined;
  // X and Y are all rows as they were given.
  if (role === "data") return name === "X" || name === "Y" ? undefined : "batch";
  return groupOfRole[role];
}

/** Sums that cancel are as wrong as their terms are large, which lie around 1. */
const cancels: ReadonlySet<Group> = new Set<Group>(["deltas", "gradients", "loss"]);

/** Which rows a step takes must not differ at all. */
export const boundOf = (group: Group): number => (group === "batch" ? 0 : BOUND);

/** What was found in tensors of one group. */
export interface Finding {
  readonly group: Group;
  /** Numbers that were compared. */
  readonly values: number;
  /** Largest difference as a share of its tensor's scale; Infinity for what is no number. */
  readonly difference: number;
  /** The tensor that it was found in, and after which step. */
  readonly tensor: string;
  readonly step: number;
  readonly passed: boolean;
}

/**
 * Compares tensors of the GPU with the reference's. A tensor's scale is its largest magnitude in the training so far, as a moving
 * average of gradients may pass through 0.
 */
export class Comparison {
  readonly #largest = new Map<string, number>();
  readonly #findings = new Map<Group, Finding>();

  /** The farthest of each group so far. */
  get findings(): readonly Finding[] {
    return groups.flatMap((group) => this.#findings.get(group) ?? []);
  }

  add(group: Group, tensor: string, step: number, got: ArrayLike<number>, expected: ArrayLike<number>): void {
    const largest = Math.max(largestOf(expected), this.#largest.get(tensor) ?? 0);
    this.#largest.set(tensor, largest);
    const difference = shareOf(farthest(got, expected), cancels.has(group) ? Math.max(1, largest) : largest);
    const before = this.#findings.get(group);
    const values = expected.length + (before?.values ?? 0);
    if (before && before.difference >= difference) {
      this.#findings.set(group, { ...before, values });
      return;
    }
    this.#findings.set(group, { group, values, difference, tensor, step, passed: difference <= boundOf(group) });
  }
}

/** The farthest finding of each group over several runs, with all their values. */
export function mergeFindings(runs: readonly (readonly Finding[])[]): readonly Finding[] {
  return groups.flatMap((group) => {
    const found = runs.flat().filter((one) => one.group === group);
    const [worst] = found.toSorted((a, b) => b.difference - a.difference);
    return worst ? [{ ...worst, values: found.reduce((sum, { values }) => sum + values, 0) }] : [];
  });
}

/** Largest magnitude. */
export function largestOf(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i] ?? 0));
  return largest;
}

/** Largest distance of two elements; Infinity where one is no number, or where one side has more. */
function farthest(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (got.length !== expected.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs((got[i] ?? Number.NaN) - (expected[i] ?? Number.NaN));
    if (!Number.isFinite(distance)) return Number.POSITIVE_INFINITY;
    most = Math.max(most, distance);
  }
  return most;
}

const shareOf = (distance: number, scale: number): number => (distance === 0 ? 0 : distance / scale);

/** Numbers of two tensors that do not have the same bits. */
export function differingBits(one: Words, other: Words): number {
  const [a, b] = [bitsOf(one), bitsOf(other)];
  const same = a.filter((word, i) => word === b[i]).length;
  return Math.max(a.length, b.length) - same;
}

type Words = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
const bitsOf = (words: Words) => new Uint32Array(words.buffer, words.byteOffset, words.length);
