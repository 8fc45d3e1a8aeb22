import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import type { SumRowsVariant } from "../src/kernels/sum-rows.ts";
import { elementwise } from "./lib/elementwise.wgsl.ts";
import { halfLoad, halfType } from "./lib/half.wgsl.ts";

/** db = Σ over the batch of dz, [batch, units] → [units]: the gradient of a bias. */
export const sumRowsSource = ({ half = false }: SumRowsVariant) => wgsl`
@group(0) @binding(1) var<uniform> control: Control;             // |B|
@group(0) @binding(2) var<storage, read> dz: array<${halfType(half)}>;         // ∂J/∂z [batch, units]
@group(0) @binding(3) var<storage, read_write> db: array<f32>;   // ∂J/∂b [units]

${elementwise(
  "dims.units",
  `var sum = 0.0;
  for (var row = 0u; row < control.rows; row++) { sum += ${halfLoad("dz", half)("row * dims.units + i")}; }
  db[i] = sum${half ? " / control.lossScale" : ""};`,
)}
`;
