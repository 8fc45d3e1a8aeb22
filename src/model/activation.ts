/** The activations φ, applied elementwise: identity z, relu max(z, 0), sigmoid 1/(1 + e⁻ᶻ), tanh. */
export const activations = ["identity", "relu", "sigmoid", "tanh"] as const;

export type Activation = (typeof activations)[number];

/**
 * What the slope φ′ of each is computed from: h = φ(z) is enough, or z is needed. Kernels that keep no z take only the former:
 * relu's h is positive where its z is, sigmoid's slope is h(1 − h), tanh's 1 − h².
 */
export const slopeNeeds = { identity: "h", relu: "h", sigmoid: "h", tanh: "h" } as const satisfies Record<
  Activation,
  "h" | "z"
>;

/** The activations whose slope follows from h = φ(z). */
export type SlopeOfOutput = { [A in Activation]: (typeof slopeNeeds)[A] extends "h" ? A : never }[Activation];
