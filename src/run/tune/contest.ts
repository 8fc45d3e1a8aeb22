/** How two ways to do the same work are compared. */
export interface ContestRules {
  /** The time in ms. */
  readonly now: () => number;
  /** When to give up. */
  readonly deadline: number;
  /** Ends it: what is timed by then says nothing. */
  readonly signal?: AbortSignal | undefined;
}

/** How often each is timed. */
const REPEATS = 5;

/** What takes so many times as long at its first attempt has lost. */
const HOPELESS = 1.5;

/** How many times as fast as the best so far a candidate must be to take its place: what is faster by less may be noise. */
export const MARGIN = 1.05;

/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted.length >> 1;
  const lower = (sorted.length - 1) >> 1;
  return ((sorted[lower] ?? Number.NaN) + (sorted[upper] ?? Number.NaN)) / 2;
}

/**
 * Times two ways in turn, the first of each pair in turn too, so that what slows the machine slows both.
 * @returns how many times as fast `challenger` is as `champion`, by their medians or by their best times, whichever is less;
 *   undefined where the time was up before, or the signal came
 */
export async function contest(
  champion: () => Promise<void>,
  challenger: () => Promise<void>,
  { now, deadline, signal }: ContestRules,
): Promise<number | undefined> {
  const times: [champion: number[], challenger: number[]] = [[], []];
  const time = async (side: 0 | 1) => {
    const began = now();
    await (side === 0 ? champion : challenger)();
    times[side].push(now() - began);
  };
  // Wakes a device that has slept since it was last used.
  await champion();
  for (let turn = 0; turn < REPEATS; turn++) {
    if (signal?.aborted || now() >= deadline) return undefined;
    const first = turn % 2 === 0 ? 0 : 1;
    await time(first);
    await time(first === 0 ? 1 : 0);
    const [[ours = 0], [theirs = 0]] = times;
    if (turn === 0 && theirs > HOPELESS * ours) break;
  }
  return Math.min(median(times[0]) / median(times[1]), Math.min(...times[0]) / Math.min(...times[1]));
}
