import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import type { MatmulVariant } from "../src/kernels/matmul.ts";
import { productOf } from "./lib/product.wgsl.ts";
import { productOperand } from "./lib/product-parts.wgsl.ts";

/**
 * c = a b (+ bias), one body for the three products of a dense layer:
 *
 *     Z = H Wᵀ + b    transposeB, bias   [batch, inputs] [units, inputs]ᵀ  → [batch, units]
 *     dH = dZ W                          [batch, units]  [units, inputs]   → [batch, inputs]
 *     gW = dZᵀ H      transposeA         [batch, units]ᵀ [batch, inputs]   → [units, inputs]
 */
export const matmulSource = async ({ transposeA, transposeB, bias, tile }: MatmulVariant) => {
  const a = productOperand(tile, "a", {
    contiguous: transposeA ? "outer" : "inner",
    size: transposeA ? "dims.rows" : "dims.inner",
    type: "f32",
    load: (index) => `a[${index}]`,
  });
  const b = productOperand(tile, "b", {
    contiguous: transposeB ? "inner" : "outer",
    size: transposeB ? "dims.inner" : "dims.columns",
    type: "f32",
    load: (index) => `b[${index}]`,
  });
  const product = await productOf(tile);
  return wgsl`
@group(0) @binding(1) var<uniform> control: Control;              // |B| bounds the rows, or with transposeA the inner size
@group(0) @binding(2) var<storage, read> a: array<${a.type}>;           // [rows, inner], transposeA [inner, rows]
@group(0) @binding(3) var<storage, read> b: array<${b.type}>;           // [inner, columns], transposeB [columns, inner]
@group(0) @binding(4) var<storage, read_write> c: array<f32>;     // [rows, columns]
#if ${bias}
@group(0) @binding(5) var<storage, read> bias: array<f32>;        // [columns]
#endif

${product({
  tile,
  rows: transposeA ? "dims.rows" : "control.rows",
  inner: transposeA ? "control.rows" : "dims.inner",
  columns: "dims.columns",
  a,
  b,
  store: `c[i * dims.columns + j] = value${bias ? " + bias[j]" : ""};`,
})}
`;
};
