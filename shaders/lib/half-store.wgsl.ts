import { HALTED, SKIPPED } from "../../src/kernels/control.ts";
import { raise } from "./control-words.wgsl.ts";

/** Whether a number does not fit f16, whose largest is 65504, or is none. By its bits, since comparisons may lose a NaN. */
const beyondHalf = "fn beyondHalf(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x477fe000u; }";

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
