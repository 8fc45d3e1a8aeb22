import { BYTE_VALUES } from "../../src/kernels/types.ts";
import { halfLoad, halfType } from "./half.wgsl.ts";

/** How a kernel reads a storage array of numbers, as WGSL. */
export interface Numbers {
  /** Type of the array's elements. */
  readonly type: "f32" | "f16" | "u32";
  /** What must stand before the functions that use `load`. */
  readonly declarations: string;
  /** Number `index`, an f32. */
  readonly load: (index: string) => string;
}

/**
 * The numbers of a storage array: f32, f16, or packed bytes behind the table of the values that they stand for. A value is looked up
 * rather than computed, since a GPU may join scale · byte + offset into one rounding or take two.
 */
export const numbersOf = (name: string, bytes = false, half = false): Numbers =>
  bytes
    ? {
        type: "u32",
        declarations: `
fn valueOfByte(index: u32) -> f32 {
  let word = ${name}[${BYTE_VALUES}u + index / 4u];
  return bitcast<f32>(${name}[(word >> (8u * (index % 4u))) & 255u]);
}`,
        load: (index) => `valueOfByte(${index})`,
      }
    : { type: halfType(half), declarations: "", load: halfLoad(name, half) };
