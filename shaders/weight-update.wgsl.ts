import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import type { WeightUpdateVariant } from "../src/kernels/weight-update.ts";
import { elementwise } from "./lib/elementwise.wgsl.ts";

/**
 * The update of one parameter in place, elementwise, out of g = Σ∂ℓ/∂ω:
 *
 *     sgd        ω ← (1 − ηλ̃/|B|) ω − (η/|B|) g
 *     momentum   v ← μv + (g + λ̃ω)/|B|;  ω ← ω − ηv
 *     adam       ĝ = (g + λ̃ω)/|B|;  m ← β₁m + (1 − β₁)ĝ;  v ← β₂v + (1 − β₂)ĝ²;  ω ← ω − η m̂/(√v̂ + ε)
 *     adamw      ω ← (1 − ηλ) ω, then as adam with ĝ = g/|B|
 *
 * Without `decay` λ̃ = 0. Nothing is written once the run has halted.
 */
export const weightUpdateSource = ({ optimizer, decay }: WeightUpdateVariant) => wgsl`
@group(0) @binding(1) var<uniform> control: Control;                 // η, λ̃, |B|, μ or β₁, β₂, ε, halted
@group(0) @binding(2) var<storage, read> g: array<f32>;              // Σ∂ℓ/∂ω
@group(0) @binding(3) var<storage, read_write> parameter: array<f32>;
#if ${optimizer === "momentum"}
@group(0) @binding(4) var<storage, read_write> v: array<f32>;        // velocity
#elif ${optimizer !== "sgd"}
@group(0) @binding(4) var<storage, read_write> m: array<f32>;        // first moment
@group(0) @binding(5) var<storage, read_write> v: array<f32>;        // second moment
#endif

fn update(i: u32) {
  if (control.halted != 0u) { return; }
  let rows = f32(control.rows);
  let rate = control.learningRate;
  var w = parameter[i];
#if ${optimizer === "sgd"}
#if ${decay}
  w *= 1.0 - rate * control.decay / rows;
#endif
  w -= rate / rows * g[i];
#else
#if ${decay && optimizer !== "adamw"}
  let mean = (g[i] + control.decay * w) / rows;
#else
  let mean = g[i] / rows;
#endif
#if ${optimizer === "momentum"}
  let velocity = control.momentum * v[i] + mean;
  v[i] = velocity;
  w -= rate * velocity;
#else
#if ${decay && optimizer === "adamw"}
  w *= 1.0 - rate * control.decay / rows;
#endif
  let first = control.beta1 * m[i] + (1.0 - control.beta1) * mean;
  let second = control.beta2 * v[i] + (1.0 - control.beta2) * mean * mean;
  m[i] = first;
  v[i] = second;
  w -= rate * (first / control.correction1) / (sqrt(second / control.correction2) + control.epsilon);
#endif
#endif
  parameter[i] = w;
}

${elementwise("dims.elements", "update(i);")}
`;
