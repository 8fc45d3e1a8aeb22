import type { UpdateVariant } from "../../src/kernels/weight-update.ts";
import { decoupled, type Rule, stateWidths } from "../../src/model/optimizer.ts";

/** WGSL type of an element's state, by its numbers: the velocity, or the moments (m, v). */
export const stateType = (optimizer: Rule): string => (stateWidths[optimizer] === 2 ? "vec2f" : "f32");

/** Where an element of a parameter and the one or two numbers of its state lie, as WGSL expressions. */
export interface UpdatePlace {
  readonly parameter: string;
  readonly state: readonly [string, string];
}

/** A parameter and its state in buffers of their own. */
export const inBuffers = (optimizer: Rule, parameter: string, state: string): UpdatePlace => ({
  parameter: `${parameter}[i]`,
  state: stateWidths[optimizer] === 2 ? [`${state}[i].x`, `${state}[i].y`] : [`${state}[i]`, ""],
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
  `let rows = f32(control.rows);
  let omega = ${parameter};
  let mean = ${decay && !decoupled[optimizer] ? `(${g} + control.decay * omega)` : g} / rows;
  ${changes[optimizer](...state, decay && decoupled[optimizer] ? "control.decay / rows * omega + " : "")}
  ${parameter} = omega - control.learningRate * change;`;

/** Statements that give `change`, by which η moves ω, out of its state and ĝ = `mean`. @param shrink λ̃ω/|B| +, where it is apart */
type Change = (first: string, second: string, shrink: string) => string;

const moments: Change = (first, second, shrink) => `let first = control.beta1 * ${first} + control.rest1 * mean;
  let second = control.beta2 * ${second} + control.rest2 * mean * mean;
  ${first} = first;
  ${second} = second;
  let quotient = (first / control.correction1) / (sqrt(second / control.correction2) + control.epsilon);
  let change = ${shrink}quotient;`;

const changes: Readonly<Record<Rule, Change>> = {
  sgd: () => "let change = mean;",
  momentum: (velocity) => `let change = control.momentum * ${velocity} + mean;
  ${velocity} = change;`,
  adam: moments,
  adamw: moments,
};

/** A function `name(i, g)` that updates element i; `place` says where, as expressions of `i`. */
export const updateFunction = (variant: UpdateVariant, name: string, place: UpdatePlace) =>
  `fn ${name}(i: u32, g: f32) {
  ${updateStatements(variant, place, "g")}
}`;
