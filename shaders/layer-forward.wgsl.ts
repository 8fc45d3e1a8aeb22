import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import type { LayerForwardVariant } from "../src/kernels/layer-forward.ts";
import { activationFunctions } from "./lib/activation.wgsl.ts";
import { finite } from "./lib/finite.wgsl.ts";
import { controlWord, halfLoad, halfType, storeActivation } from "./lib/half.wgsl.ts";
import { numbersOf } from "./lib/numbers.wgsl.ts";
import { product } from "./lib/product.wgsl.ts";

/** h = φ(x Wᵀ + b): a layer's forward pass at once. With `gather` row i of x is row order[i] of the resident data. */
export const layerForwardSource = ({ activation, bias, gather, bytes, half, tile }: LayerForwardVariant) => {
  const hidden = half === "hidden";
  const halfW = half !== undefined;
  const data = numbersOf("x", bytes, halfW && !gather);
  return wgsl`
#if ${hidden}
@group(0) @binding(1) var<storage, read_write> control: array<atomic<u32>>;         // |B|; halted is written
#else
@group(0) @binding(1) var<uniform> control: Control;                                // |B|
#endif
@group(0) @binding(2) var<storage, read> x: array<${data.type}>;                             // [batch or data rows, inner]
@group(0) @binding(3) var<storage, read> w: array<${halfType(halfW)}>;                             // W [columns, inner]
@group(0) @binding(4) var<storage, read_write> h: array<${halfType(hidden)}>;                       // φ(z) [batch, columns]
#if ${bias}
@group(0) @binding(5) var<storage, read> bias: array<f32>;                          // b [columns]
#endif
#if ${gather}
@group(0) @binding(${bias ? 6 : 5}) var<storage, read> order: array<u32>;           // [batch]
#endif

${data.declarations}
${activationFunctions(activation)}
#if ${hidden}
${finite}
${storeActivation("h")}
#endif

${product({
  tile,
  rows: hidden ? controlWord("rows") : "control.rows",
  inner: "dims.inner",
  columns: "dims.columns",
  a: {
    first: (i) => `${gather ? `order[${i}]` : i} * dims.inner`,
    at: (k) => k,
    load: data.load,
  },
  b: { first: (j) => `${j} * dims.inner`, at: (k) => k, load: halfLoad("w", halfW) },
  store: `let z = value${bias ? " + bias[j]" : ""};
  ${hidden ? "storeActivation(i * dims.columns + j, z, activate(z));" : "h[i * dims.columns + j] = activate(z);"}`,
})}
`;
};
