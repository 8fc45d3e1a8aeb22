import { elementwise, type Kernel } from "./types.ts";

export interface SampleVariant {
  /** Whether each epoch has an order of its own; otherwise the rows come as they are stored. */
  readonly shuffle: boolean;
}

/** order[i] = π(start + i), `[rows]`: the rows of the data that make up this step's batch. */
export const sample: Kernel<SampleVariant, "rows", "control" | "order"> = {
  name: "sample",
  dims: ["rows"],
  operands: () => [
    { name: "control", access: "uniform" },
    { name: "order", access: "readWrite" },
  ],
  sizes: ({ rows }) => ({ order: rows }),
  workgroups: ({ rows }) => elementwise(rows),
  flops: () => 0,
};
