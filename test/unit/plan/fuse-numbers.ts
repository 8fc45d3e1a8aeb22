import { expect } from "vitest";
import { RECORD_WORDS } from "../../../src/kernels/control.ts";
import type { Optimizer } from "../../../src/model/optimizer.ts";
import { elementsOf } from "../../../src/plan/memory.ts";
import { resolveTensor } from "../../../src/plan/resolve.ts";
import type { Plan } from "../../../src/plan/types.ts";
import type { Reference } from "../../../src/reference/run.ts";
import { expectClose, largestMagnitude } from "../../helpers/compare.ts";
import { type Network, runOf } from "../../helpers/networks.ts";
import { recordOf, trainReference } from "../../helpers/reference.ts";

/** Seven epochs. */
export const STEPS = 35;

/**
 * Of the largest magnitude of a tensor. Both plans take the same sums in the same order in double precision, but for ‖W‖²
 * and what the compiler of the interpreter may reorder; a different formula differs in the first digits.
 */
const TOLERANCE = 1e-12;

/** The elements of a tensor that the last batch has filled. */
export function filled(reference: Reference, name: string): number[] {
  const { tensor } = resolveTensor(reference.plan, name);
  const rows = tensor.batched ? reference.control.rows : tensor.shape[0];
  return Array.from(reference.tensor(name)).slice(0, (rows ?? 0) * elementsOf(tensor.shape.slice(1)));
}

/** One of the numbers that the ring keeps of each step: L, s, hits, … */
const column = (reference: Reference, index: number): number[] =>
  Array.from({ length: reference.control.step }, (_, t) => reference.tensor("ring")[RECORD_WORDS * t + index] ?? NaN);

/** Names that two plans both give to tensors, aliases included. */
export const shared = (one: Plan, other: Plan): string[] => {
  const names = ({ tensors, aliases }: Plan) => [...Object.keys(tensors), ...Object.keys(aliases)];
  return names(one).filter((name) => names(other).includes(name));
};

/** Asserts that two interpretations agree in the control block and in every tensor that both plans hold. */
export function expectSameState(fused: Reference, textbook: Reference): void {
  expect(fused.control).toEqual(textbook.control);
  for (const name of shared(fused.plan, textbook.plan)) {
    // The parts in which Σ‖W‖² is summed; the words that the interpreter keeps elsewhere; the ring comes by its columns.
    if (name === "squares" || name === "control" || name === "ring") continue;
    const expected = filled(textbook, name);
    const label = `${name} after step ${textbook.control.step}`;
    expectClose(label, filled(fused, name), expected, TOLERANCE * largestMagnitude(expected));
  }
  if (!shared(fused.plan, textbook.plan).includes("ring")) return;
  for (let index = 0; index < RECORD_WORDS; index++) {
    const expected = column(textbook, index);
    const label = `word ${index} of the ring's lines`;
    expectClose(label, column(fused, index), expected, TOLERANCE * largestMagnitude(expected));
  }
}

/** Asserts that the fused plan trains as the textbook's does; it takes the steps, and now and then a submit ends. */
export function expectSameTraining(network: Network, optimizer: Optimizer): void {
  const run = runOf(network, optimizer);
  const [textbook, fused] = [trainReference(run), trainReference({ ...run, fuse: true })];
  for (let step = 1; step <= STEPS; step++) {
    textbook.step();
    fused.step();
    if (step % 8 !== 0) continue;
    fused.close();
    expectSameState(fused, textbook);
  }
  fused.close();
  expectSameState(fused, textbook);
  expect(recordOf(textbook, STEPS)).toMatchObject({ rows: 3, step: STEPS, halted: 0, epoch: 6 });
  expect(fused.plan.steps.length).toBeLessThan(textbook.plan.steps.length);
}
