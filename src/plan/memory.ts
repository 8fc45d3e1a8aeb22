import type { Plan, Role, Tensor } from "./types.ts";

/** Elements of a shape. */
export const elementsOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Bytes of a tensor: every element takes 4. */
export const bytesOf = (tensor: Tensor): number => 4 * elementsOf(tensor.shape);

/** Bytes of a plan's tensors by what they are for. */
export function bytesByRole(plan: Plan): Readonly<Partial<Record<Role, number>>> {
  const bytes: Partial<Record<Role, number>> = {};
  for (const tensor of Object.values(plan.tensors)) {
    if (tensor.place !== "workgroup") bytes[tensor.role] = (bytes[tensor.role] ?? 0) + bytesOf(tensor);
  }
  return bytes;
}

/** `1.2 MiB`, `640 B`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  const unit = bytes < 1024 ? 0 : Math.min(3, Math.floor(Math.log2(bytes) / 10));
  return `${unit === 0 ? bytes : (bytes / 1024 ** unit).toFixed(1)} ${units[unit]}`;
}
