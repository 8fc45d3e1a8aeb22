import { elementwise, type Kernel, operandsOf } from "./types.ts";

export interface SampleVariant {
  /** Whether each epoch has an order of its own; otherwise the rows come as they are stored. */
  readonly shuffle: boolean;
}

/** order[i] = π(start + i), `[rows]`: the rows of the data that make up this step's batch. */
export const sample: Kernel<SampleVariant, "rows", "control" | "order"> = {
  dims: ["rows"],
  operands: () => operandsOf(["control", "uniform", "control"], ["order", "readWrite", "u32"]),
  sizes: ({ rows }) => ({ order: rows }),
  workgroups: ({ rows }) => elementwise(rows),
  flops: () => 0,
};
