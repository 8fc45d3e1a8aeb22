import { PlanError } from "../errors.ts";
import { BYTE_VALUES, type Dtype } from "../kernels/types.ts";
import { show } from "../model/options.ts";
import type { Plan, Role, Step, Tensor } from "./types.ts";

/** All dispatches of a plan, in order. */
export const allSteps = ({ opening = [], steps, closing }: Plan): Step[] => [...opening, ...steps, ...closing];

/** Elements of a shape. */
export const elementsOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Elements that a word of 4 bytes holds. */
const perWord: Readonly<Record<Dtype, number>> = { f32: 1, u32: 1, f16: 2, u8: 4 };

/** Bytes of a tensor, in whole words; a u8 lies behind the table of their values. */
export const bytesOf = ({ shape, dtype }: Pick<Tensor, "shape" | "dtype">): number =>
  4 * (Math.ceil(elementsOf(shape) / perWord[dtype]) + (dtype === "u8" ? BYTE_VALUES : 0));

/** Whether a plan stores some tensor as f16. */
export const isHalf = ({ tensors }: Plan): boolean => Object.values(tensors).some(({ dtype }) => dtype === "f16");

/** Bytes of a plan's buffers by the tensor that owns each, which may be smaller than one that shares its buffer. */
export function bufferBytes(plan: Plan): Record<string, number> {
  const bytes: Record<string, number> = {};
  for (const [name, tensor] of Object.entries(plan.tensors)) {
    if (tensor.place !== undefined) continue;
    const owner = tensor.buffer ?? name;
    bytes[owner] = Math.max(bytes[owner] ?? 0, bytesOf(tensor));
  }
  return bytes;
}

/** Bytes that the pass `reuse` must save: below, updates stay at the end, where they may run side by side, and all deltas can be read. */
export const LEAST_SAVED = 32 * 1024;

/** The most bytes that it can save: of what a step writes and no later step reads, all but the largest tensor. */
export function mostSaved({ tensors }: Plan): number {
  const sizes = Object.values(tensors).flatMap((tensor) => (passing.includes(tensor.role) ? [bytesOf(tensor)] : []));
  return sizes.reduce((sum, size) => sum + size, 0) - sizes.reduce((most, size) => Math.max(most, size), 0);
}
const passing: readonly Role[] = ["activation", "delta", "gradient", "scratch"];

/** Bytes by what they are for; `staging` takes results to the CPU. */
export type Bytes = Readonly<Partial<Record<Role | "staging", number>>>;

/** Bytes of a plan's tensors by what they are for. */
export function bytesByRole(plan: Plan): Bytes {
  checkGiven("bytesByRole", plan);
  return addBytes(
    Object.entries(bufferBytes(plan)).map(([name, bytes]) => ({ [(plan.tensors[name] as Tensor).role]: bytes })),
  );
}

/** @throws PlanError unless `plan` is one */
export function checkGiven(where: string, plan: Plan): void {
  if (typeof plan?.tensors === "object" && Array.isArray(plan.steps)) return;
  const remedy = "give trainer.plan or what planTraining gives";
  throw new PlanError({ where, got: show(plan), expected: "a plan", remedy });
}

/** The bytes of all parts, role by role. */
export function addBytes(parts: readonly Bytes[]): Bytes {
  const sums: Record<string, number> = {};
  for (const [role, bytes] of parts.flatMap((part) => Object.entries(part))) sums[role] = (sums[role] ?? 0) + bytes;
  return sums;
}

/** All bytes together. */
export const sumBytes = (bytes: Readonly<Record<string, number>>): number =>
  Object.values(bytes).reduce((sum, one) => sum + one, 0);
