import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import type { ActivationVariant } from "../src/kernels/activation.ts";
import { activationFunctions } from "./lib/activation.wgsl.ts";
import { elementwise } from "./lib/elementwise.wgsl.ts";

/** h = φ(z), elementwise over [batch, units]. */
export const activationSource = (variant: ActivationVariant) => wgsl`
@group(0) @binding(1) var<uniform> control: Control;            // |B|
@group(0) @binding(2) var<storage, read> z: array<f32>;         // pre-activation
@group(0) @binding(3) var<storage, read_write> h: array<f32>;   // φ(z)

${activationFunctions(variant.activation)}

${elementwise("control.rows * dims.units", "h[i] = activate(z[i]);")}
`;
