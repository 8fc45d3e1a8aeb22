/** Unit roundoff of float32: half the distance from 1 to the next larger number. */
export const UNIT_ROUNDOFF = 2 ** -24;

/** γₙ = nu/(1 − nu), which bounds the relative error of n roundings (Higham 2002, lemma 3.1). */
export const gamma = (n: number): number => (n * UNIT_ROUNDOFF) / (1 - n * UNIT_ROUNDOFF);

/** Smallest normal float32: below it, a GPU may give 0. */
export const SMALLEST_NORMAL = 2 ** -126;

/** An absolute tolerance: one for all elements, or one for each. */
export type Tolerance = number | ((index: number) => number);

const differs = (got: number | undefined, expected: number | undefined, tolerance: number): boolean => {
  if (got === undefined || expected === undefined) return true;
  if (got === expected) return false;
  return !(Math.abs(got - expected) <= tolerance);
};

/** How far beyond its tolerance an element lies; what is no number lies farthest. */
const excess = (got: number, expected: number, tolerance: number): number => {
  const ratio = Math.abs(got - expected) / tolerance;
  return Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : ratio;
};

/**
 * Asserts |got − expected| ≤ tolerance for every element; a NaN on either side fails.
 * @throws Error naming the worst element
 */
export function expectClose(
  name: string,
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: Tolerance,
): void {
  if (got.length !== expected.length) throw new Error(`${name}: got ${got.length} values, expected ${expected.length}`);
  const allowed = typeof tolerance === "number" ? () => tolerance : tolerance;
  let [worst, largest, count] = [-1, -1, 0];
  for (let i = 0; i < expected.length; i++) {
    const [left, right, limit] = [got[i], expected[i], allowed(i)];
    if (!differs(left, right, limit)) continue;
    count++;
    const beyond = excess(left as number, right as number, limit);
    if (beyond > largest) [worst, largest] = [i, beyond];
  }
  if (count === 0) return;
  throw new Error(
    `${name}: ${count} of ${expected.length} values differ, the worst at ${worst}: got ${got[worst]}, ` +
      `expected ${expected[worst]}, tolerance ${allowed(worst)}`,
  );
}

/** Asserts that two tensors hold the same bits, those of NaN included. */
export function expectSameBits(name: string, got: Words, expected: Words): void {
  expectClose(`${name} (bits)`, bitsOf(got), bitsOf(expected), 0);
}

/** Values of a tensor as the GPU holds them. */
export type Words = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** The words of a tensor, as whole numbers. */
export const bitsOf = (values: Words): Uint32Array<ArrayBuffer> =>
  new Uint32Array(values.buffer, values.byteOffset, values.length);

/** Largest magnitude of some values; NaN if one is NaN. */
export function largestMagnitude(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const magnitude = Math.abs(values[i] ?? 0);
    if (!(magnitude <= largest)) largest = magnitude;
    if (Number.isNaN(largest)) return largest;
  }
  return largest;
}
