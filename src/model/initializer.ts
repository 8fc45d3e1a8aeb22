import { checkWord, refuse, show } from "./options.ts";
import { normal, uniform01 } from "./random.ts";

type Distribution = "uniform" | "normal";

/** How the weights `W [units, inputs]` of a layer begin. Biases begin at 0. */
export type Initializer =
  /** He et al. 2015: variance 2/inputs, for relu. */
  | { readonly kind: "he"; readonly distribution: Distribution }
  /** Glorot & Bengio 2010: variance 2/(inputs + units), for tanh, sigmoid and linear layers. */
  | { readonly kind: "glorot"; readonly distribution: Distribution }
  /** Uniform on [−limit, limit). */
  | { readonly kind: "uniform"; readonly limit: number };

/** He initialiser: variance 2/inputs; uniform on ±√(6/inputs), or normal. */
export const he = (distribution: Distribution = "uniform"): Initializer => scaled("he", distribution);

/** Glorot initialiser: variance 2/(inputs + units); uniform on ±√(6/(inputs + units)), or normal. */
export const glorot = (distribution: Distribution = "uniform"): Initializer => scaled("glorot", distribution);

const scaled = (kind: "he" | "glorot", distribution: Distribution): Initializer => {
  checkWord(kind, "distribution ", distribution, ["uniform", "normal"]);
  return { kind, distribution };
};

/** Uniform initialiser on [−limit, limit). @throws ModelError where `limit` is not a positive finite number. */
export const uniform = (limit: number): Initializer => {
  if (!(Number.isFinite(limit) && limit > 0)) {
    refuse(
      "uniform",
      `limit ${show(limit)}`,
      "a positive finite number",
      "give the largest magnitude that a weight may begin with",
    );
  }
  return { kind: "uniform", limit };
};

/** @throws ModelError unless `initializer` is one */
export function checkInitializer(where: string, initializer: Initializer): void {
  if (["he", "glorot", "uniform"].includes(initializer?.kind)) return;
  refuse(where, `initializer ${show(initializer)}`, "he(), glorot() or uniform(limit)", "call one of these");
}

/**
 * The first weights of one layer, `[units, inputs]` row-major.
 *
 * Each weight depends on (seed, stream, its index) alone, so that the same seed gives the same network on every machine.
 * @param stream number of the layer: layers of one network draw from different streams
 */
export function initialWeights(
  initializer: Initializer,
  inputs: number,
  units: number,
  seed: number,
  stream: number,
): Float32Array<ArrayBuffer> {
  const weights = new Float32Array(units * inputs);
  if (initializer.kind === "uniform" || initializer.distribution === "uniform") {
    const limit =
      initializer.kind === "uniform" ? initializer.limit : Math.sqrt(3 * variance(initializer, inputs, units));
    for (let i = 0; i < weights.length; i++) weights[i] = (2 * uniform01(seed, stream, i) - 1) * limit;
  } else {
    const deviation = Math.sqrt(variance(initializer, inputs, units));
    for (let i = 0; i < weights.length; i++) weights[i] = normal(seed, stream, i) * deviation;
  }
  return weights;
}

const variance = (initializer: { kind: "he" | "glorot" }, inputs: number, units: number) =>
  initializer.kind === "he" ? 2 / inputs : 2 / (inputs + units);
