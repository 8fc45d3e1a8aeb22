import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import type { GatherRowsVariant } from "../src/kernels/gather-rows.ts";
import { elementwise } from "./lib/elementwise.wgsl.ts";
import { numbersOf } from "./lib/numbers.wgsl.ts";

/**
 * The batch's rows out of the resident data: batch[i, :] = data[order[i], :]. Words are moved as they are, f32 or u32; of bytes
 * the values are written.
 */
export const gatherRowsSource = ({ bytes }: GatherRowsVariant) => wgsl`
@group(0) @binding(1) var<uniform> control: Control;                // |B|
@group(0) @binding(2) var<storage, read> order: array<u32>;         // row of the data for each row of the batch
@group(0) @binding(3) var<storage, read> data: array<u32>;          // [data rows, columns]
@group(0) @binding(4) var<storage, read_write> batch: array<${bytes ? "f32" : "u32"}>;   // [batch, columns]
${numbersOf("data", bytes).declarations}

${elementwise(
  "control.rows * dims.columns",
  `batch[i] = ${numbersOf("data", bytes).load("order[i / dims.columns] * dims.columns + i % dims.columns")};`,
)}
`;
