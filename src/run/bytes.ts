import { BYTE_VALUES } from "../kernels/types.ts";
import { tagOf } from "../model/options.ts";
import { bytesOf } from "../plan/memory.ts";
import { unfit } from "./unfit.ts";

/**
 * What inputs that are bytes stand for: x = scale · byte + offset, rounded once to float32. Only with inputs of a Uint8Array or
 * Uint8ClampedArray.
 */
export interface ByteScale {
  /** 1 if left out. */
  readonly scale?: number;
  /** 0 if left out. */
  readonly offset?: number;
}

/** Whether numbers are bytes from 0 to 255. */
export const isBytes = (given: ArrayLike<number>): boolean => /^Uint8(Clamped)?Array$/.test(tagOf(given));

/**
 * Bytes as the GPU takes them: the value scale · byte + offset of each of the 256 bytes, rounded once to f32, then the bytes
 * themselves, filled up to a whole word.
 * @throws Unfit for a DataError where a value is not a finite float32
 */
export function packBytes(
  where: string,
  given: ArrayLike<number>,
  { scale = 1, offset = 0 }: ByteScale,
): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(bytesOf({ shape: [given.length], dtype: "u8" }));
  const values = tableOf(packed).map((_, byte) => scale * byte + offset);
  if (![scale, offset, ...values].every(Number.isFinite)) {
    unfit("wrongScale", where, scale, offset);
  }
  tableOf(packed).set(values);
  packed.set(given, values.byteLength);
  return packed;
}

/** The values that the 256 bytes stand for, which packed bytes begin with. */
export const tableOf = ({ buffer, byteOffset }: Uint8Array<ArrayBuffer>) =>
  new Float32Array(buffer, byteOffset, BYTE_VALUES);
