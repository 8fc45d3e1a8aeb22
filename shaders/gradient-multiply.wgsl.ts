import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import type { GradientMultiplyVariant } from "../src/kernels/gradient-multiply.ts";
import { activationFunctions } from "./lib/activation.wgsl.ts";
import { elementwise } from "./lib/elementwise.wgsl.ts";

/** dz = dh ⊙ φ′(z), elementwise over [batch, units]. `h = φ(z)` is read too, so that tanh and sigmoid need no second exp. */
export const gradientMultiplySource = (variant: GradientMultiplyVariant) => wgsl`
@group(0) @binding(1) var<uniform> control: Control;             // |B|
@group(0) @binding(2) var<storage, read> dh: array<f32>;         // ∂J/∂h
@group(0) @binding(3) var<storage, read> z: array<f32>;          // pre-activation
@group(0) @binding(4) var<storage, read> h: array<f32>;          // φ(z), kept by the forward pass
@group(0) @binding(5) var<storage, read_write> dz: array<f32>;   // ∂J/∂z

${activationFunctions(variant.activation)}

${elementwise("control.rows * dims.units", "dz[i] = dh[i] * slope(z[i], h[i]);")}
`;
