import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import type { LayerForwardVariant } from "../src/kernels/layer-forward.ts";
import { activationFunctions } from "./lib/activation.wgsl.ts";
import { controlWord } from "./lib/control-words.wgsl.ts";
import { finite } from "./lib/finite.wgsl.ts";
import { halfLoad, halfType } from "./lib/half.wgsl.ts";
import { numbersOf } from "./lib/numbers.wgsl.ts";
import { productOf } from "./lib/product.wgsl.ts";
import { productOperand } from "./lib/product-parts.wgsl.ts";

/** h = φ(x Wᵀ + b): a layer's forward pass at once. With `gather` row i of x is row order[i] of the resident data. */
export const layerForwardSource = async ({ activation, bias, gather, bytes, half, tile }: LayerForwardVariant) => {
  const hidden = half === "hidden";
  const halfW = half !== undefined;
  const data = numbersOf("x", bytes, halfW && !gather);
  const a = productOperand(tile, "a", {
    contiguous: "inner",
    line: (i) => (gather ? `order[${i}]` : i),
    size: "dims.inner",
    type: data.type,
    load: data.load,
  });
  const b = productOperand(tile, "b", {
    contiguous: "inner",
    size: "dims.inner",
    type: halfType(halfW),
    load: halfLoad("w", halfW),
  });
  const product = await productOf(tile);
  return wgsl`
#if ${hidden}
@group(0) @binding(1) var<storage, read_write> control: array<atomic<u32>>;         // |B|; halted is written
#else
@group(0) @binding(1) var<uniform> control: Control;                                // |B|
#endif
@group(0) @binding(2) var<storage, read> x: array<${a.type}>;                             // [batch or data rows, inner]
@group(0) @binding(3) var<storage, read> w: array<${b.type}>;                             // W [columns, inner]
@group(0) @binding(4) var<storage, read_write> h: array<${halfType(hidden)}>;                       // φ(z) [batch, columns]
#if ${bias}
@group(0) @binding(5) var<storage, read> bias: array<f32>;                          // b [columns]
#endif
#if ${gather}
@group(0) @binding(${bias ? 6 : 5}) var<storage, read> order: array<u32>;           // [batch]
#endif

${data.declarations}
${activationFunctions(activation)}
${hidden ? `${finite}\n${(await import("./lib/half-store.wgsl.ts")).storeActivation("h")}` : ""}

${product({
  tile,
  rows: hidden ? controlWord("rows") : "control.rows",
  varying: hidden,
  inner: "dims.inner",
  columns: "dims.columns",
  a,
  b,
  store: `let z = value${bias ? " + bias[j]" : ""};
  ${hidden ? "storeActivation(i * dims.columns + j, z, activate(z));" : "h[i * dims.columns + j] = activate(z);"}`,
})}
`;
};
