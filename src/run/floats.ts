import { tagOf } from "../model/options.ts";

/**
 * Values as float32, a copy unless they are to be taken over, are float32 already, and no memory that others share.
 * @param length of the values: one that is asked for again may be another
 * @returns the index of the first value, if one is no number, or none that float32 holds; a text or a list would pass for the number
 *   that it reads as
 */
export function toFloats(
  given: ArrayLike<unknown>,
  length: number,
  transfer?: boolean,
): Float32Array<ArrayBuffer> | number {
  const own = given as Float32Array<ArrayBuffer>;
  const isTaken = transfer && tagOf(own) + tagOf(own.buffer) === "Float32ArrayArrayBuffer";
  const floats = isTaken ? own : new Float32Array(length);
  for (let i = 0; i < length; i++) {
    const value = given[i];
    floats[i] = typeof value === "number" ? value : Number.NaN;
    if (!Number.isFinite(floats[i])) return i;
  }
  return floats;
}
