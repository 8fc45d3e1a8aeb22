import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import { elementwise } from "./lib/elementwise.wgsl.ts";

/** dW = gW + λ̃W, elementwise: ∂J/∂W out of the data's part ∂L/∂W and the penalty's λ̃W. */
export const decayGradientSource = () => wgsl`
@group(0) @binding(1) var<uniform> control: Control;            // λ̃
@group(0) @binding(2) var<storage, read> g: array<f32>;         // ∂L/∂W
@group(0) @binding(3) var<storage, read> w: array<f32>;         // W, not yet updated
@group(0) @binding(4) var<storage, read_write> d: array<f32>;   // ∂J/∂W

${elementwise("dims.elements", "d[i] = g[i] + control.decay * w[i];")}
`;
