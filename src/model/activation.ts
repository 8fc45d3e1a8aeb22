/** The activations φ, applied elementwise: identity z, relu max(z, 0), sigmoid 1/(1 + e⁻ᶻ), tanh. */
export const activations = ["identity", "relu", "sigmoid", "tanh"] as const;

export type Activation = (typeof activations)[number];
