import type { Activation } from "../../src/model/activation.ts";
import { isNan } from "./finite.wgsl.ts";

/** A function of z as an expression, or z where that is NaN. */
const orNan = (value: string) => `select(${value}, z, ${isNan("z")})`;

/**
 * φ and its slope φ′, as functions `activate(z)` and `slope(z, h)` with h = φ(z).
 *
 * - A NaN passes through all of them, by its bits: `max` may swallow it, and so may a comparison where a compiler takes every
 *   number for one.
 * - sigmoid never takes the exponential of a large positive number.
 * - tanh is a polynomial near 0 (Moshier's Cephes, tanhf), and 1 − 2/(e^{2|z|} + 1) beyond: the built-in may be NaN for
 *   large arguments and is off by 5e-4 near 0 on some adapters.
 */
const bodies: Record<Activation, { readonly activate: string; readonly slope: string }> = {
  identity: { activate: "return z;", slope: "return 1.0;" },
  relu: { activate: `return ${orNan("select(z, 0.0, z < 0.0)")};`, slope: "return select(0.0, 1.0, z > 0.0);" },
  sigmoid: {
    activate: `let e = ${orNan("exp(-abs(z))")};
  return select(e, 1.0, z >= 0.0) / (1.0 + e);`,
    slope: "return h * (1.0 - h);",
  },
  tanh: {
    activate: `let a = abs(z);
  let s = z * z;
  let p = (((-5.70498872745e-3 * s + 2.06390887954e-2) * s - 5.37397155531e-2) * s + 1.33314422036e-1) * s - 3.33332819422e-1;
  let large = 1.0 - 2.0 / (exp(2.0 * min(a, 20.0)) + 1.0);
  return ${orNan("select(z + z * s * p, select(large, -large, z < 0.0), a >= 0.625)")};`,
    slope: "return 1.0 - h * h;",
  },
};

/** @param suffix of both names, where a module holds several activations */
export const activationFunctions = (activation: Activation, suffix = "") => `fn activate${suffix}(z: f32) -> f32 {
  ${bodies[activation].activate}
}
fn slope${suffix}(z: f32, h: f32) -> f32 {
  ${bodies[activation].slope}
}`;
