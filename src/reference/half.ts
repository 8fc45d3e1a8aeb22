import { type ControlValues, SKIPPED } from "../kernels/control.ts";
import { LARGEST_HALF, roundToHalf } from "../model/float16.ts";

/** A delta, scaled already, as f16; one out of range skips the updates of this step. */
export function storedDelta(control: ControlValues, value: number): number {
  if (!(Math.abs(value) <= LARGEST_HALF)) control.halted |= SKIPPED;
  return roundToHalf(value);
}
