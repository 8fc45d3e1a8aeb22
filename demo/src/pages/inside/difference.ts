import type { StepRecord, TensorValues } from "./contract.ts";

/** How far the GPU is from the CPU reference. */
export interface Difference {
  /** Largest over the tensor. */
  readonly largest: number;
  /** The same, as a share of the tensor's largest magnitude. */
  readonly relative: number;
}

/** Largest magnitude of a tensor. */
export const magnitudeOf = (values: Float32Array): number =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** Undefined where there is no GPU. */
export function differenceOf({ gpu, cpu }: TensorValues): Difference | undefined {
  if (!gpu) return undefined;
  const largest = gpu.reduce((most, value, i) => Math.max(most, Math.abs(value - (cpu[i] ?? Number.NaN))), 0);
  const magnitude = magnitudeOf(cpu);
  return { largest, relative: largest === 0 ? 0 : largest / magnitude };
}

/** The tensor that is farthest from the reference, by share of its largest magnitude. */
export function worstOf({ tensors }: StepRecord): { name: string; relative: number } | undefined {
  const all = Object.entries(tensors).flatMap(([name, values]) => {
    const found = differenceOf(values);
    return found ? [{ name, relative: found.relative }] : [];
  });
  return all.sort((a, b) => b.relative - a.relative)[0];
}
