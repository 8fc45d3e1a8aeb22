import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import type { LayerBackwardVariant } from "../src/kernels/layer-backward.ts";
import { activationFunctions } from "./lib/activation.wgsl.ts";
import { controlWord } from "./lib/control-words.wgsl.ts";
import { halfLoad, halfType } from "./lib/half.wgsl.ts";
import { productOf } from "./lib/product.wgsl.ts";
import { productOperand } from "./lib/product-parts.wgsl.ts";

/**
 * dz⁽ˡ⁻¹⁾ = (dz⁽ˡ⁾ W) ⊙ φ′(z⁽ˡ⁻¹⁾), with φ′ out of h = φ(z) alone: relu's h is positive where its z is, sigmoid's slope is
 * h(1 − h), tanh's 1 − h².
 */
export const layerBackwardSource = async ({ activation, half = false, tile }: LayerBackwardVariant) => {
  const type = halfType(half);
  const a = productOperand(tile, "a", {
    contiguous: "inner",
    size: "dims.inner",
    type,
    load: halfLoad("dz", half),
  });
  const b = productOperand(tile, "b", {
    contiguous: "outer",
    size: "dims.columns",
    type,
    load: halfLoad("w", half),
  });
  const product = await productOf(tile);
  return wgsl`
#if ${half}
@group(0) @binding(1) var<storage, read_write> control: array<atomic<u32>>;  // |B|; halted is written
#else
@group(0) @binding(1) var<uniform> control: Control;                   // |B|
#endif
@group(0) @binding(2) var<storage, read> dz: array<${a.type}>;               // ∂J/∂z of the layer above [batch, inner]
@group(0) @binding(3) var<storage, read> w: array<${b.type}>;                // W of the layer above [inner, columns]
@group(0) @binding(4) var<storage, read> h: array<${type}>;                // φ(z) of this layer [batch, columns]
@group(0) @binding(5) var<storage, read_write> below: array<${type}>;      // ∂J/∂z of this layer [batch, columns]

${activationFunctions(activation)}
${half ? (await import("./lib/half-store.wgsl.ts")).storeDelta("below") : ""}

${product({
  tile,
  rows: half ? controlWord("rows") : "control.rows",
  varying: half,
  inner: "dims.inner",
  columns: "dims.columns",
  a,
  b,
  store: `let at = i * dims.columns + j;
  let own = ${halfLoad("h", half)("at")};
  ${half ? "storeDelta(at, value * slope(own, own));" : "below[at] = value * slope(own, own);"}`,
})}
`;
};
