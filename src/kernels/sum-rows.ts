import { elementwise, type Kernel } from "./types.ts";

export interface SumRowsVariant {
  /** Whether dz is f16, and scaled; f32 if left out. */
  readonly half?: boolean;
}

/** db = Σ over the batch of dz, `[rows, units] → [units]`. */
export const sumRows: Kernel<SumRowsVariant, "rows" | "units", "control" | "dz" | "db"> = {
  name: "sumRows",
  dims: ["rows", "units"],
  operands: () => [
    { name: "control", access: "uniform" },
    { name: "dz", access: "read" },
    { name: "db", access: "readWrite" },
  ],
  sizes: ({ rows, units }) => ({ dz: rows * units, db: units }),
  workgroups: ({ units }) => elementwise(units),
  flops: ({ rows, units }) => rows * units,
  extensions: ({ half }) => (half ? ["f16"] : []),
};
