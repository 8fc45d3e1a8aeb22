import type { Activation } from "chainrule";
import type { StepRecord } from "./contract.ts";
import { below, boardName, layersOf, parseName } from "./names.ts";

/** φ by its output h: its slope, and the magnitudes that the slope is the difference of. */
const slopes: Readonly<Record<Activation, { slope(h: number): number; terms(h: number): number }>> = {
  identity: { slope: () => 1, terms: () => 1 },
  relu: { slope: (h) => (h > 0 ? 1 : 0), terms: (h) => (h > 0 ? 1 : 0) },
  sigmoid: { slope: (h) => h * (1 - h), terms: (h) => h * (1 + h) },
  tanh: { slope: (h) => 1 - h ** 2, terms: (h) => 1 + h ** 2 },
};

/**
 * The magnitudes that float32 rounds while it computes a step, by the reference's numbers: each formula with every term's
 * magnitude in its place and every minus made a plus, down to what is given (running error analysis, Higham, Accuracy and
 * Stability of Numerical Algorithms, 3.3). Where a sum cancels, its own size says nothing of how far two orders of adding part.
 * @returns the largest of a tensor
 */
export function scalesOf({ state, tensors, textbook: { plan } }: StepRecord): (name: string) => number {
  const known = new Map<string, Float64Array>();
  const layers = layersOf(plan);
  const classes = state.loss === "crossEntropy";
  const { rows, outputs, rate, decay } = state;
  const valuesOf = (name: string) => tensors[boardName(plan, name)] ?? { shape: [], cpu: new Float32Array() };
  const value = (name: string, at: number) => valuesOf(name).cpu[at] ?? 0;
  const widthOf = (name: string) => valuesOf(name).shape[1] ?? 1;
  const scale = (name: string, at: number) => magnitudes(boardName(plan, name))[at] ?? 0;
  const sum = (length: number, term: (index: number) => number) => {
    let total = 0;
    for (let i = 0; i < length; i++) total += term(i);
    return total;
  };

  function magnitudes(name: string): Float64Array {
    const found = known.get(name);
    if (found) return found;
    const { cpu } = valuesOf(name);
    const width = widthOf(name);
    const made = Float64Array.from(cpu, (one, at) => magnitude(name, one, Math.floor(at / width), at % width, at));
    known.set(name, made);
    return made;
  }

  function magnitude(name: string, one: number, row: number, column: number, at: number): number {
    const { by, letter, layer = layers, updated } = parseName(name);
    const φ = slopes[layer < layers ? state.activation : classes ? "identity" : state.output];
    const delta = `dz${layer}`;
    if (updated) {
      const own = `${letter}${layer}`;
      return Math.abs(value(own, at)) + (rate / rows) * scale(`d${own}`, at);
    }
    if (by === "d" && letter === "W" && boardName(plan, `g${letter}${layer}`) !== name) {
      return scale(`gW${layer}`, at) + decay * Math.abs(value(`W${layer}`, at));
    }
    if (by !== "" && letter === "W") {
      const inputs = widthOf(`W${layer}`);
      return sum(rows, (r) => scale(delta, r * widthOf(delta) + row) * scale(below(layer), r * inputs + column));
    }
    if (by !== "" && letter === "b") return sum(rows, (r) => scale(delta, r * widthOf(delta) + at));
    if (name === "do") {
      if (!classes) return scale("o", at) + Math.abs(value("y", at));
      // p − 1 at the right class, and p elsewhere.
      return value("y", row) === column ? one + 2 : one;
    }
    if (by === "d" && letter === "h") {
      const above = `W${layer + 1}`;
      const [units = 0, inputs = 0] = valuesOf(above).shape;
      return sum(units, (u) => scale(`dz${layer + 1}`, row * units + u) * Math.abs(value(above, u * inputs + column)));
    }
    if (by === "d" && letter === "z") {
      const [dh, h] = layer === layers ? ["do", "o"] : [`dh${layer}`, `h${layer}`];
      return scale(dh, at) * φ.terms(value(h, at));
    }
    if (letter === "z" || ((letter === "h" || letter === "o") && plan.tensors[`z${layer}`] === undefined)) {
      const inputs = widthOf(`W${layer}`);
      const terms = sum(
        inputs,
        (k) => Math.abs(value(`W${layer}`, column * inputs + k)) * scale(below(layer), row * inputs + k),
      );
      return terms + Math.abs(value(`b${layer}`, column));
    }
    if (letter === "h" || letter === "o") return Math.abs(one) + Math.abs(φ.slope(one)) * scale(`z${layer}`, at);
    if (name === "ell") {
      const of = (k: number) => scale("o", row * outputs + k);
      // log Σ e^o is at most log n above the largest o.
      if (classes) {
        const largest = Math.max(...Array.from({ length: outputs }, (_, k) => of(k)));
        return Math.log(outputs) + largest + of(value("y", row));
      }
      return sum(outputs, (k) => {
        const y = value("y", row * outputs + k);
        return (Math.abs(value("o", row * outputs + k) - y) * (of(k) + Math.abs(y))) / 2;
      });
    }
    if (name === "L") return sum(rows, (r) => scale("ell", r));
    if (name === "J") return scale("L", 0) + scale("s", 0);
    return Math.abs(one);
  }

  return (name) => magnitudes(name).reduce((most, one) => Math.max(most, one), 0);
}
