import { tableOf } from "./bytes.ts";
import type { Inputs } from "./dataset.ts";

/** The values of bytes `first` to before `end`. */
export function unpackBytes(packed: Uint8Array<ArrayBuffer>, first: number, end: number): Float32Array<ArrayBuffer> {
  const values = tableOf(packed);
  return Float32Array.from(
    packed.subarray(values.byteLength + first, values.byteLength + end),
    (byte) => values[byte] as number,
  );
}

/** Numbers `first` to before `end` of inputs. */
export const floatsOf = (inputs: Inputs, first: number, end: number): Float32Array<ArrayBuffer> =>
  inputs instanceof Uint8Array ? unpackBytes(inputs, first, end) : inputs.subarray(first, end);
