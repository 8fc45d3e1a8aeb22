import { checkOptions, checkWord, ofKind, refuse, show } from "./options.ts";
import { normal, uniform01 } from "./random.ts";
import { positive } from "./schedule.ts";

export type Distribution = "uniform" | "normal";

/** How the weights `W [units, inputs]` of a layer begin, or its biases `b [units]`. */
export type Initializer =
  /** He et al. 2015: variance 2/inputs, for relu. */
  | { readonly kind: "he"; readonly distribution: Distribution }
  /** Glorot & Bengio 2010: variance 2/(inputs + units), for tanh, sigmoid and linear layers. */
  | { readonly kind: "glorot"; readonly distribution: Distribution }
  /** Uniform on [−1/√inputs, 1/√inputs), as both begin in PyTorch's `nn.Linear`. */
  | { readonly kind: "torchLinear" }
  /** Uniform on [−limit, limit). */
  | { readonly kind: "uniform"; readonly limit: number };

/** He initialiser: variance 2/inputs; uniform on ±√(6/inputs), or normal. */
export const he = (distribution: Distribution = "uniform"): Initializer => checked("he", { kind: "he", distribution });

/** Glorot initialiser: variance 2/(inputs + units); uniform on ±√(6/(inputs + units)), or normal. */
export const glorot = (distribution: Distribution = "uniform"): Initializer =>
  checked("glorot", { kind: "glorot", distribution });

/** What PyTorch's `nn.Linear` begins its weights and its biases with: uniform on ±1/√inputs. */
export const torchLinear = (): Initializer => checked("torchLinear", { kind: "torchLinear" });

/** Uniform initialiser on [−limit, limit). @throws ModelError where `limit` is not a positive finite number, in float32 too. */
export const uniform = (limit: number): Initializer => checked("uniform", { kind: "uniform", limit });

function checked(where: string, initializer: Initializer): Initializer {
  if (initializer.kind === "uniform") {
    checkOptions(where, initializer, { kind: 1, limit: 1 });
    positive(where, "limit", initializer.limit);
  } else if (initializer.kind === "torchLinear") {
    checkOptions(where, initializer, { kind: 1 });
  } else {
    checkOptions(where, initializer, { kind: 1, distribution: 1 });
    checkWord(where, "distribution ", initializer.distribution, ["uniform", "normal"]);
  }
  return Object.freeze(initializer);
}

/** An initializer out of plain data, checked as those that calls make. @throws ModelError unless it is one */
export function checkInitializer(where: string, name: string, initializer: Initializer): Initializer {
  const copy = ofKind(initializer, ["he", "glorot", "torchLinear", "uniform"]);
  if (copy) return checked(`${where}: ${name}`, copy);
  const calls = "he(), glorot(), torchLinear() or uniform(limit)";
  refuse(where, `${name} ${show(initializer)}`, calls, "call one of these");
}

/** The sizes of a layer, by which its first values are scaled. */
interface Sizes {
  readonly inputs: number;
  readonly units: number;
}

/**
 * The first values of one parameter of a layer, `W [units, inputs]` row-major or `b [units]`.
 *
 * Each depends on (seed, stream, its index) alone, so that the same seed gives the same network on every machine.
 * @param stream number of the parameter: those of one network draw from different streams
 */
export function initialValues(
  initializer: Initializer,
  sizes: Sizes,
  count: number,
  seed: number,
  stream: number,
): Float32Array<ArrayBuffer> {
  const { kind } = initializer;
  if (kind !== "torchLinear" && kind !== "uniform" && initializer.distribution === "normal") {
    const deviation = Math.sqrt(variance(kind, sizes));
    return Float32Array.from({ length: count }, (_, i) => normal(seed, stream, i) * deviation);
  }
  const limit = kind === "uniform" ? initializer.limit : Math.sqrt(3 * variance(kind, sizes));
  return Float32Array.from({ length: count }, (_, i) => (2 * uniform01(seed, stream, i) - 1) * limit);
}

function variance(kind: "he" | "glorot" | "torchLinear", { inputs, units }: Sizes): number {
  if (kind === "torchLinear") return 1 / (3 * inputs);
  return kind === "he" ? 2 / inputs : 2 / (inputs + units);
}
