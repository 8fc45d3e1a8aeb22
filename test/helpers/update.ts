import type { ControlValues } from "../../src/kernels/control.ts";
import { type Rule, stateWidths } from "../../src/model/optimizer.ts";
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

/** State before step t: the velocity of each element, or its (m, v), both 0 before the first step and v never below 0. */
export function stateOf(
  optimizer: Exclude<Rule, "sgd">,
  elements: number,
  seed: number,
  t = 2,
): Float32Array<ArrayBuffer> {
  const width = stateWidths[optimizer];
  const state = random(width * elements, seed, 0.1);
  if (width === 1) return state;
  return state.map((value, index) => (t === 1 ? 0 : index % 2 === 0 ? value : Math.abs(value)));
}
