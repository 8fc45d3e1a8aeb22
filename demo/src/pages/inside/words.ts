import type { FormulaContext } from "./formulas.tsx";
import { activationOf } from "./formulas.tsx";
import { parseName, spoken } from "./names.ts";
import type { Stop } from "./stops.ts";

/** What happens at a stop, in a sentence or two. */
export function storyOf({ phase, writes }: Stop, context: FormulaContext): string {
  const { state, layers } = context;
  const [name = ""] = writes;
  const { by, letter, layer = layers } = parseName(name);
  const φ = activationOf(context, layer);
  if (phase === "begin") return `The GPU gathers the batch: ${rowsOf(state.rows)} of x with their targets y.`;
  if (phase === "loss") {
    return `Each row has its loss ℓ; L adds them up, s is the price of large weights, and J = L + s is what training lowers.`;
  }
  if (phase === "update") {
    return `A small step against the gradient, η = ${state.rate}, divided by |B| = ${state.rows}. Only now do parameters change: the whole way back used the old ones.`;
  }
  if (name === "do") {
    return state.loss === "crossEntropy"
      ? "How J changes with each logit: the probability given to a class, less 1 at the right one. The loss’s own dispatch wrote it."
      : "How J changes with each output: by how much it is off. The loss’s own dispatch wrote it.";
  }
  if (by !== "" && (letter === "W" || letter === "b")) {
    return `A weight’s gradient is what flowed in through it times what flows back, summed over the rows${state.decay > 0 ? "; λW pulls it to zero" : ""}. That is why ${spoken(inputOf(layer))} had to stay in memory.`;
  }
  if (by === "d" && letter === "h") {
    return `What each unit below is to blame for: all paths through W${sup(layer + 1)}, backwards.`;
  }
  if (by === "d" && letter === "z") {
    return `Back through ${φ}: times its slope ${slopeText[φ]}, which needs only what the way forward kept.`;
  }
  if (letter === "z") return "Every unit weighs its inputs and adds its bias, for all rows at once.";
  if (φ === "identity") return "Every unit weighs its inputs and adds its bias; no activation follows.";
  return `${φ} bends each number by itself. Without it, all layers would be one.`;
}

const rowsOf = (rows: number): string => (rows === 1 ? "one row" : `${rows} rows`);
const sup = (layer: number): string => "⁰¹²³⁴⁵⁶⁷⁸⁹"[layer] ?? String(layer);
const inputOf = (layer: number): string => (layer === 1 ? "x" : `h${layer - 1}`);

const slopeText = { identity: "1", relu: "1 or 0", sigmoid: "h(1 − h)", tanh: "1 − h²" } as const;

/** The name of a phase where the page speaks of it. */
export const phaseNames = {
  begin: "Begin",
  forward: "Forward",
  loss: "Loss",
  backward: "Backward",
  update: "Update",
} as const;
