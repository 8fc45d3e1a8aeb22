import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import type { LayerBackwardVariant } from "../src/kernels/layer-backward.ts";
import { activationFunctions } from "./lib/activation.wgsl.ts";
import { product } from "./lib/product.wgsl.ts";

/**
 * dz⁽ˡ⁻¹⁾ = (dz⁽ˡ⁾ W) ⊙ φ′(z⁽ˡ⁻¹⁾), with φ′ out of h = φ(z) alone: relu's h is positive where its z is, sigmoid's slope is
 * h(1 − h), tanh's 1 − h².
 */
export const layerBackwardSource = ({ activation, tile }: LayerBackwardVariant) => wgsl`
@group(0) @binding(1) var<uniform> control: Control;                   // |B|
@group(0) @binding(2) var<storage, read> dz: array<f32>;               // ∂J/∂z of the layer above [batch, inner]
@group(0) @binding(3) var<storage, read> w: array<f32>;                // W of the layer above [inner, columns]
@group(0) @binding(4) var<storage, read> h: array<f32>;                // φ(z) of this layer [batch, columns]
@group(0) @binding(5) var<storage, read_write> below: array<f32>;      // ∂J/∂z of this layer [batch, columns]

${activationFunctions(activation)}

${product({
  tile,
  rows: "control.rows",
  inner: "dims.inner",
  columns: "dims.columns",
  a: { first: (i) => `${i} * dims.inner`, at: (k) => k, load: (index) => `dz[${index}]` },
  b: { first: (j) => j, at: (k) => `${k} * dims.columns`, load: (index) => `w[${index}]` },
  store: `let at = i * dims.columns + j;
  below[at] = value * slope(h[at], h[at]);`,
})}
`;
