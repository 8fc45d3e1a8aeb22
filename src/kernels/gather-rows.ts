import { gatherRowsSource } from "../../shaders/gather-rows.wgsl.ts";
import { elementwise, type Kernel } from "./types.ts";

/** batch[i, :] = data[order[i], :], `[rows, columns]`. */
export const gatherRows: Kernel<Record<never, never>, "rows" | "columns", "control" | "order" | "data" | "batch"> = {
  name: "gatherRows",
  dims: ["rows", "columns"],
  operands: () => [
    { name: "control", access: "uniform" },
    { name: "order", access: "read" },
    { name: "data", access: "read" },
    { name: "batch", access: "readWrite" },
  ],
  sizes: ({ rows, columns }) => ({ order: rows, batch: rows * columns }),
  workgroups: ({ rows, columns }) => elementwise(rows * columns),
  flops: () => 0,
  source: gatherRowsSource,
};
