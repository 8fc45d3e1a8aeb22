/**
 * Values as float32, a copy.
 * @param length of the values: one that is asked for again may be another
 * @returns the index of the first value, if one is no number, or none that float32 holds; a text or a list would pass for the number
 *   that it reads as
 */
export function toFloats(given: ArrayLike<unknown>, length: number): Float32Array<ArrayBuffer> | number {
  const floats = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    const value = given[i];
    floats[i] = typeof value === "number" ? value : Number.NaN;
    if (!Number.isFinite(floats[i])) return i;
  }
  return floats;
}
