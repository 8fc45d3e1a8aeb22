/**
 * Values as float32.
 * @returns the index of the first value, if one is no number, or none that float32 holds; a text or a list would pass for the number
 *   that it reads as
 */
export function toFloats(given: ArrayLike<unknown>): Float32Array<ArrayBuffer> | number {
  const floats = new Float32Array(given.length);
  for (let i = 0; i < given.length; i++) {
    const value = given[i];
    floats[i] = typeof value === "number" ? value : Number.NaN;
    if (!Number.isFinite(floats[i])) return i;
  }
  return floats;
}
