import { expect } from "vitest";

/** The most times that what the second doubling adds may be of what the first does: twice, and a little for sorting. */
const MOST = 2.6;

/**
 * Asserts that work grows as a size does: of three sizes, each twice the one before, the second doubling adds at most 2.6 times the
 * work of the first. What grows by the square adds four times as much, however little of the whole it is.
 * @param work of so much, twice and four times as much
 * @param allowed more than that, for what is made in steps
 */
export function expectGrowth(size: number, work: readonly number[], noun: string, allowed = 0): void {
  const [first = 0, second = 0, third = 0] = work;
  const most = MOST * (second - first) + allowed;
  expect(third - second, `${noun} of ${size}, ${2 * size} and ${4 * size}: ${work.join(", ")}`).toBeLessThanOrEqual(
    most,
  );
}
