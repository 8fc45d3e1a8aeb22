import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import type { LayerForwardVariant } from "../src/kernels/layer-forward.ts";
import { activationFunctions } from "./lib/activation.wgsl.ts";
import { numbersOf } from "./lib/numbers.wgsl.ts";
import { product } from "./lib/product.wgsl.ts";

/** h = φ(x Wᵀ + b): a layer's forward pass at once. With `gather` row i of x is row order[i] of the resident data. */
export const layerForwardSource = ({ activation, bias, gather, bytes, tile }: LayerForwardVariant) => wgsl`
@group(0) @binding(1) var<uniform> control: Control;                                // |B|
@group(0) @binding(2) var<storage, read> x: array<${numbersOf("x", bytes).type}>;                             // [batch or data rows, inner]
@group(0) @binding(3) var<storage, read> w: array<f32>;                             // W [columns, inner]
@group(0) @binding(4) var<storage, read_write> h: array<f32>;                       // φ(z) [batch, columns]
#if ${bias}
@group(0) @binding(5) var<storage, read> bias: array<f32>;                          // b [columns]
#endif
#if ${gather}
@group(0) @binding(${bias ? 6 : 5}) var<storage, read> order: array<u32>;           // [batch]
#endif

${numbersOf("x", bytes).declarations}
${activationFunctions(activation)}

${product({
  tile,
  rows: "control.rows",
  inner: "dims.inner",
  columns: "dims.columns",
  a: {
    first: (i) => `${gather ? `order[${i}]` : i} * dims.inner`,
    at: (k) => k,
    load: numbersOf("x", bytes).load,
  },
  b: { first: (j) => `${j} * dims.inner`, at: (k) => k, load: (index) => `w[${index}]` },
  store: `h[i * dims.columns + j] = activate(value${bias ? " + bias[j]" : ""});`,
})}
`;
