import { elementwise, halfType, type Kernel, operandsOf } from "./types.ts";

export interface SumRowsVariant {
  /** Whether dz is f16, and scaled; f32 if left out. */
  readonly half?: boolean;
}

/** db = Σ over the batch of dz, `[rows, units] → [units]`. */
export const sumRows: Kernel<SumRowsVariant, "rows" | "units", "control" | "dz" | "db"> = {
  dims: ["rows", "units"],
  operands: ({ half }) =>
    operandsOf(["control", "uniform", "control"], ["dz", "read", halfType(half)], ["db", "readWrite", "f32"]),
  sizes: ({ rows, units }) => ({ dz: rows * units, db: units }),
  workgroups: ({ units }) => elementwise(units),
  flops: ({ rows, units }) => rows * units,
};
