import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import { SPLIT_ROWS } from "../src/kernels/chunks.ts";
import type { LayerGradientVariant } from "../src/kernels/layer-gradient.ts";
import { halfLoad, halfType } from "./lib/half.wgsl.ts";
import { numbersOf } from "./lib/numbers.wgsl.ts";
import { product, productOperand } from "./lib/product.wgsl.ts";

/**
 * gW = dzᵀ x and gb = Σ dz where the batch is long and the layer small: each part of the batch is summed by workgroups of its own,
 * and `splitUpdate` adds the parts up.
 */
export const layerGradientSource = ({ bias, gather, bytes, half = false, tile }: LayerGradientVariant) => {
  const data = numbersOf("x", bytes, half && !gather);
  const delta = { type: halfType(half), load: halfLoad("dz", half) };
  const a = productOperand(tile, "a", { contiguous: "outer", size: "dims.rows", ...delta });
  const b = productOperand(tile, "b", {
    contiguous: "outer",
    line: (k) => (gather ? `order[${k}]` : k),
    size: "dims.columns",
    type: data.type,
    load: data.load,
  });
  const gradient = (sum: string) => (half ? `${sum} / control.lossScale` : sum);
  return wgsl`
@group(0) @binding(1) var<uniform> control: Control;                    // |B|
@group(0) @binding(2) var<storage, read> dz: array<${a.type}>;                // ∂J/∂z [batch, rows]
@group(0) @binding(3) var<storage, read> x: array<${b.type}>;                 // the layer's input [batch or data rows, columns]
@group(0) @binding(4) var<storage, read_write> parts: array<f32>;       // of each part gW [rows, columns]${bias ? ", gb [rows]" : ""}
#if ${gather}
@group(0) @binding(5) var<storage, read> order: array<u32>;             // row of the data for each row of the batch
#endif

${data.declarations}

/** The rows of this part, and where its sums begin. */
var<private> firstRow: u32;
var<private> endRow: u32;
var<private> start: u32;

/** gb[i] = Σ dz[:, i]. */
fn biasGradient(i: u32) -> f32 {
  var sum = 0.0;
  for (var k = firstRow; k < endRow; k++) { sum += ${delta.load("k * dims.rows + i")}; }
  return sum;
}

${product({
  tile,
  rows: "dims.rows",
  from: `group.z * ${SPLIT_ROWS}u`,
  inner: `min(control.rows, (group.z + 1u) * ${SPLIT_ROWS}u)`,
  columns: "dims.columns",
  a,
  b,
  before: `firstRow = group.z * ${SPLIT_ROWS}u;
  endRow = inner;
  start = group.z * dims.rows * (dims.columns${bias ? " + 1u" : ""});`,
  store: `parts[start + i * dims.columns + j] = ${gradient("value")};`,
  eachRow: bias ? `parts[start + dims.rows * dims.columns + i] = ${gradient("biasGradient(i)")};` : undefined,
})}
`;
};
