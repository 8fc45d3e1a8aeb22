import { elementwise, type Kernel, operandsOf } from "./types.ts";

export interface GatherRowsVariant {
  /** Whether the data are packed bytes; words, f32 or u32, if left out. */
  readonly bytes?: boolean;
}

/** batch[i, :] = data[order[i], :], `[rows, columns]`. */
export const gatherRows: Kernel<GatherRowsVariant, "rows" | "columns", "control" | "order" | "data" | "batch"> = {
  dims: ["rows", "columns"],
  operands: ({ bytes }) =>
    operandsOf(
      ["control", "uniform", "control"],
      ["order", "read", "u32"],
      ["data", "read", bytes ? "u8" : "f32 or u32"],
      ["batch", "readWrite", bytes ? "f32" : "f32 or u32"],
    ),
  sizes: ({ rows, columns }) => ({ order: rows, batch: rows * columns }),
  workgroups: ({ rows, columns }) => elementwise(rows * columns),
  flops: () => 0,
};
