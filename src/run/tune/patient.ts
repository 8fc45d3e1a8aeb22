import type { TuneCache } from "./types.ts";

/**
 * A cache of which no answer is waited for longer than `most` ms: after the first that did not come by then it is not asked again.
 * Its methods reject with an Error where it is so late, as where it throws.
 */
export function patient(cache: TuneCache, most: number): TuneCache {
  let late: Error | undefined;
  const inTime = <T>(ask: () => T | Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      if (late) return reject(late);
      const timer = setTimeout(() => {
        late ??= new Error(`it did not answer within ${most / 1000} s, and is not asked again`);
        reject(late);
      }, most);
      // A thenable of its own is foreign code too.
      (async () => ask())()
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
  return { get: (key) => inTime(() => cache.get(key)), set: (key, text) => inTime(() => cache.set(key, text)) };
}
