/**
 * Where the first value stands that is no number, or none that float32 holds; -1 where there is none. A text or a list would pass
 * for the number that it reads as.
 * @param floats the same values as float32
 */
export function firstUnfit(given: ArrayLike<unknown>, floats: Float32Array): number {
  for (let i = 0; i < given.length; i++) if (!Number.isFinite(floats[i]) || typeof given[i] !== "number") return i;
  return -1;
}
