import type { ControlValues } from "../../src/kernels/control.ts";
import type { UpdateVariant } from "../../src/kernels/weight-update.ts";
import { random } from "./gpu.ts";

/** What every optimizer reads of the control block, in step t over so many rows. */
export const controlAt = (t: number, rows: number): Partial<ControlValues> => ({
  rows,
  learningRate: 0.05,
  decay: 0.3,
  momentum: 0.9,
  beta1: 0.9,
  beta2: 0.999,
  rest1: 1 - 0.9,
  rest2: 1 - 0.999,
  epsilon: 1e-8,
  correction1: 1 - 0.9 ** t,
  correction2: 1 - 0.999 ** t,
});

/** Numbers of an optimizer's state for each element of a parameter: none, its velocity, or (m, v). */
export const stateWidth: Readonly<Record<UpdateVariant["optimizer"], number>> = {
  sgd: 0,
  momentum: 1,
  adam: 2,
  adamw: 2,
};

/** State before step t: the velocity of each element, or its (m, v), both 0 before the first step and v never below 0. */
export function stateOf(
  optimizer: Exclude<UpdateVariant["optimizer"], "sgd">,
  elements: number,
  seed: number,
  t = 2,
): Float32Array<ArrayBuffer> {
  const width = stateWidth[optimizer];
  const state = random(width * elements, seed, 0.1);
  if (width === 1) return state;
  return state.map((value, index) => (t === 1 ? 0 : index % 2 === 0 ? value : Math.abs(value)));
}
