import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import { SPLIT_ROWS } from "../src/kernels/chunks.ts";
import type { LayerGradientVariant } from "../src/kernels/layer-gradient.ts";
import { gradientOf } from "./lib/gradient.wgsl.ts";
import { productOf } from "./lib/product.wgsl.ts";

/**
 * gW = dzᵀ x and gb = Σ dz where the batch is long and the layer small: each part of the batch is summed by workgroups of its own,
 * and `splitUpdate` adds the parts up.
 */
export const layerGradientSource = async (variant: LayerGradientVariant) => {
  const { bias, gather, tile } = variant;
  const { declarations, a, b, unscaled, biasGradient } = gradientOf(variant);
  const product = await productOf(tile);
  return wgsl`
@group(0) @binding(1) var<uniform> control: Control;                    // |B|
@group(0) @binding(2) var<storage, read> dz: array<${a.type}>;                // ∂J/∂z [batch, rows]
@group(0) @binding(3) var<storage, read> x: array<${b.type}>;                 // the layer's input [batch or data rows, columns]
@group(0) @binding(4) var<storage, read_write> parts: array<f32>;       // of each part gW [rows, columns]${bias ? ", gb [rows]" : ""}
#if ${gather}
@group(0) @binding(5) var<storage, read> order: array<u32>;             // row of the data for each row of the batch
#endif

${declarations}

/** The rows of this part, and where its sums begin. */
var<private> firstRow: u32;
var<private> endRow: u32;
var<private> start: u32;

${biasGradient("firstRow", "endRow")}

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
  store: `parts[start + i * dims.columns + j] = ${unscaled("value")};`,
  eachRow: bias ? `parts[start + dims.rows * dims.columns + i] = ${unscaled("biasGradient(i)")};` : undefined,
})}
`;
};
