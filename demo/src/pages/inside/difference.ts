import type { StepRecord, TensorValues } from "./contract.ts";
import { scalesOf } from "./scales.ts";

/** How far the GPU is from the CPU reference. */
export interface Difference {
  /** Largest over the tensor. */
  readonly largest: number;
  /** The same, as a share of the largest sum of magnitudes that the tensor's numbers come of. */
  readonly relative: number;
}

/** Largest magnitude of a tensor. */
export const magnitudeOf = (values: Float32Array): number =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** Of every tensor that the GPU has, by name; none without a GPU. */
export function differencesOf(record: StepRecord): Readonly<Record<string, Difference>> {
  const scaleOf = scalesOf(record);
  return Object.fromEntries(
    Object.entries(record.tensors).flatMap(([name, values]) => {
      const largest = distanceOf(values);
      return largest === undefined ? [] : [[name, { largest, relative: largest === 0 ? 0 : largest / scaleOf(name) }]];
    }),
  );
}

/** Undefined where there is no GPU. */
function distanceOf({ gpu, cpu }: TensorValues): number | undefined {
  return gpu?.reduce((most, value, i) => Math.max(most, Math.abs(value - (cpu[i] ?? Number.NaN))), 0);
}

/** The tensor that is farthest from the reference, by share. */
export function worstOf(
  differences: Readonly<Record<string, Difference>>,
): { name: string; relative: number } | undefined {
  const all = Object.entries(differences).map(([name, { relative }]) => ({ name, relative }));
  return all.sort((a, b) => b.relative - a.relative)[0];
}
