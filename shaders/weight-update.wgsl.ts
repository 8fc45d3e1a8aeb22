import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import type { UpdateVariant } from "../src/kernels/weight-update.ts";
import { stateWidths } from "../src/model/optimizer.ts";
import { elementwise } from "./lib/elementwise.wgsl.ts";
import { inBuffers, stateType, updateFunction } from "./lib/update.wgsl.ts";

/** The update of one parameter in place, elementwise. Nothing is written once the run has halted. */
export const weightUpdateSource = (variant: UpdateVariant) => wgsl`
@group(0) @binding(1) var<uniform> control: Control;                     // η, λ̃, |B|, μ or β₁, β₂, ε, halted
@group(0) @binding(2) var<storage, read> g: array<f32>;                  // Σ∂ℓ/∂ω
@group(0) @binding(3) var<storage, read_write> parameter: array<f32>;
#if ${stateWidths[variant.optimizer] > 0}
@group(0) @binding(4) var<storage, read_write> state: array<${stateType(variant.optimizer)}>;   // velocity, or moments (m, v)
#endif

${updateFunction(variant, "update", inBuffers(variant.optimizer, "parameter", "state"))}

${elementwise(
  "dims.elements",
  `if (control.halted != 0u) { return; }
  update(i, g[i]);`,
)}
`;
