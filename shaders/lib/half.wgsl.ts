import { controlNames, HALTED, SKIPPED } from "../../src/kernels/control.ts";

/** Whether a number does not fit f16, whose largest is 65504, or is none. By its bits, since comparisons may lose a NaN. */
const beyondHalf = "fn beyondHalf(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x477fe000u; }";

/** A field of the control block where it is bound as atomic words `control`, as a u32. */
export const controlWord = (name: (typeof controlNames)[number]) =>
  `atomicLoad(&control[${controlNames.indexOf(name)}])`;

/** Statement that sets a bit of `halted` of a control block bound so. */
export const raise = (bit: number) => `atomicOr(&control[${controlNames.indexOf("halted")}], ${bit}u);`;

/** Function `storeDelta(i, value)`: a delta, scaled already, into the f16 `name`; one out of range skips this step's updates. */
export const storeDelta = (name: string) => `${beyondHalf}

fn storeDelta(i: u32, value: f32) {
  if (beyondHalf(value)) { ${raise(SKIPPED)} }
  ${name}[i] = f16(value);
}`;

/**
 * Function `storeActivation(i, z, value)`: φ(z) into the f16 `name`. One out of range halts the run, as does a z that is not
 * finite, which φ may hide.
 */
export const storeActivation = (name: string) => `${beyondHalf}

fn storeActivation(i: u32, z: f32, value: f32) {
  if (!finite(z) || beyondHalf(value)) { ${raise(HALTED)} }
  ${name}[i] = f16(value);
}`;

/** Type of the elements of an operand that may be f16. */
export const halfType = (half: boolean) => (half ? "f16" : "f32");

/**
 * How an element of an operand that may be f16 is loaded: as f32, since the product of two f16 is exact there. Rounded to f16 it
 * would be wrong by as much as its factors, could overflow, and would cost a conversion for each term rather than each load.
 */
export const halfLoad = (name: string, half: boolean) => (index: string) =>
  half ? `f32(${name}[${index}])` : `${name}[${index}]`;
