import { elementwise, type Kernel } from "./types.ts";

export interface GatherRowsVariant {
  /** Whether the data are packed bytes; words, f32 or u32, if left out. */
  readonly bytes?: boolean;
}

/** batch[i, :] = data[order[i], :], `[rows, columns]`. */
export const gatherRows: Kernel<GatherRowsVariant, "rows" | "columns", "control" | "order" | "data" | "batch"> = {
  name: "gatherRows",
  dims: ["rows", "columns"],
  operands: ({ bytes }) => [
    { name: "control", access: "uniform" },
    { name: "order", access: "read" },
    { name: "data", access: bytes ? "readBytes" : "read" },
    { name: "batch", access: "readWrite" },
  ],
  sizes: ({ rows, columns }) => ({ order: rows, batch: rows * columns }),
  workgroups: ({ rows, columns }) => elementwise(rows * columns),
  flops: () => 0,
};
