import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import type { UpdateVariant } from "../../src/kernels/weight-update.ts";

/** WGSL type of an optimizer's state: the velocity, or the moments (m, v). */
export const stateType = (optimizer: UpdateVariant["optimizer"]): string =>
  optimizer === "momentum" ? "f32" : "vec2f";

/** Where an element of a parameter and the one or two numbers of its state lie, as WGSL expressions. */
export interface UpdatePlace {
  readonly parameter: string;
  readonly state: readonly [string, string];
}

/** A parameter and its state in buffers of their own. */
export const inBuffers = (optimizer: UpdateVariant["optimizer"], parameter: string, state: string): UpdatePlace => ({
  parameter: `${parameter}[i]`,
  state: optimizer === "momentum" ? [`${state}[i]`, ""] : [`${state}[i].x`, `${state}[i].y`],
});

/**
 * Statements that update an element of a parameter in place out of g = Σ∂ℓ/∂ω:
 *
 *     sgd        ω ← (1 − ηλ̃/|B|) ω − (η/|B|) g
 *     momentum   v ← μv + (g + λ̃ω)/|B|;  ω ← ω − ηv
 *     adam       ĝ = (g + λ̃ω)/|B|;  m ← β₁m + (1 − β₁)ĝ;  v ← β₂v + (1 − β₂)ĝ²;  ω ← ω − η m̂/(√v̂ + ε)
 *     adamw      ω ← (1 − ηλ) ω, then as adam with ĝ = g/|B|
 *
 * Without `decay` λ̃ = 0. The decay is added to the gradient before η is applied: 1 − ηλ̃/|B|, rounded on its own, would lose a
 * decay below the spacing of float32 at 1, and with it the decay of every step.
 * @param g an expression
 */
export const updateStatements = ({ optimizer, decay }: UpdateVariant, { parameter, state }: UpdatePlace, g: string) =>
  wgsl`let rows = f32(control.rows);
  let omega = ${parameter};
#if ${decay && optimizer !== "adamw"}
  let mean = (${g} + control.decay * omega) / rows;
#else
  let mean = ${g} / rows;
#endif
#if ${optimizer === "sgd"}
  let change = mean;
#elif ${optimizer === "momentum"}
  let change = control.momentum * ${state[0]} + mean;
  ${state[0]} = change;
#else
  let first = control.beta1 * ${state[0]} + control.rest1 * mean;
  let second = control.beta2 * ${state[1]} + control.rest2 * mean * mean;
  ${state[0]} = first;
  ${state[1]} = second;
  let quotient = (first / control.correction1) / (sqrt(second / control.correction2) + control.epsilon);
#if ${decay && optimizer === "adamw"}
  let change = control.decay / rows * omega + quotient;
#else
  let change = quotient;
#endif
#endif
  ${parameter} = omega - control.learningRate * change;`;

/** A function `name(i, g)` that updates element i; `place` says where, as expressions of `i`. */
export const updateFunction = (variant: UpdateVariant, name: string, place: UpdatePlace) =>
  `fn ${name}(i: u32, g: f32) {
  ${updateStatements(variant, place, "g")}
}`;
