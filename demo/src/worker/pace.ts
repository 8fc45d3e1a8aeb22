/** How training takes its steps so that calls and pictures come in between: the one place for all pages. */

/** Longest time in ms that the CPU reference trains before it lets other calls and a frame in between. */
export const CPU_SLICE = 14;

/** Least time in ms between two reports to the page. */
export const REPORT_INTERVAL = 120;

/** Waits, in ms; 0 lets calls that have come meanwhile go first. */
export const pause = (time: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, time));

export interface Slices {
  /** How long one should last, in ms. */
  readonly length: number;
  /** Steps of the first. */
  readonly first?: number;
  /** Most steps that the next may take: none of them end it. */
  left(): number;
  /** @returns how many steps it took, which may be fewer */
  take(steps: number): Promise<number>;
  /** Looks around after each. */
  after(steps: number): Promise<unknown>;
}

/** Takes steps in slices of about a length: from one to the next they at most double. */
export async function inSlices({ length, first = 1, left, take, after }: Slices): Promise<void> {
  let size = first;
  for (let most = left(); most > 0; most = left()) {
    const began = performance.now();
    const taken = await take(Math.min(size, most));
    const time = Math.max(performance.now() - began, 0.1);
    size = Math.max(1, Math.min(2 * size, Math.floor((taken * length) / time)));
    await after(taken);
  }
}

export interface Interval {
  /** Time in ms before the first. */
  readonly first?: number;
  /** It is followed by so many times its own time without. */
  readonly rest?: number;
}

/** @returns does the work, unless less than `time` ms have passed since it was last done */
export function nowAndThen(time: number, work: () => unknown, { first = 0, rest = 0 }: Interval = {}) {
  let next = performance.now() + first;
  return async (): Promise<void> => {
    const began = performance.now();
    if (began < next) return;
    await work();
    const now = performance.now();
    next = now + Math.max(time, rest * (now - began));
  };
}
