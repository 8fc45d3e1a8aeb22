import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import type { MatmulVariant } from "../src/kernels/matmul.ts";
import { product } from "./lib/product.wgsl.ts";

/**
 * c = a b (+ bias), one body for the three products of a dense layer:
 *
 *     Z = H Wᵀ + b    transposeB, bias   [batch, inputs] [units, inputs]ᵀ  → [batch, units]
 *     dH = dZ W                          [batch, units]  [units, inputs]   → [batch, inputs]
 *     gW = dZᵀ H      transposeA         [batch, units]ᵀ [batch, inputs]   → [units, inputs]
 */
export const matmulSource = ({ transposeA, transposeB, bias, tile }: MatmulVariant) => wgsl`
@group(0) @binding(1) var<uniform> control: Control;              // |B| bounds the rows, or with transposeA the inner size
@group(0) @binding(2) var<storage, read> a: array<f32>;           // [rows, inner], transposeA [inner, rows]
@group(0) @binding(3) var<storage, read> b: array<f32>;           // [inner, columns], transposeB [columns, inner]
@group(0) @binding(4) var<storage, read_write> c: array<f32>;     // [rows, columns]
#if ${bias}
@group(0) @binding(5) var<storage, read> bias: array<f32>;        // [columns]
#endif

${product({
  tile,
  rows: transposeA ? "dims.rows" : "control.rows",
  inner: transposeA ? "control.rows" : "dims.inner",
  columns: "dims.columns",
  a: transposeA
    ? { first: (i) => i, at: (k) => `${k} * dims.rows`, load: (index) => `a[${index}]` }
    : { first: (i) => `${i} * dims.inner`, at: (k) => k, load: (index) => `a[${index}]` },
  b: transposeB
    ? { first: (j) => `${j} * dims.inner`, at: (k) => k, load: (index) => `b[${index}]` }
    : { first: (j) => j, at: (k) => `${k} * dims.columns`, load: (index) => `b[${index}]` },
  store: `c[i * dims.columns + j] = value${bias ? " + bias[j]" : ""};`,
})}
`;
