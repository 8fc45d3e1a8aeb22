import type { Decay, Optimizer } from "../model/optimizer.ts";
import { elementwise, type Kernel } from "./types.ts";

/** The update rule of one parameter. */
export interface UpdateVariant {
  readonly optimizer: "sgd" | "momentum" | "adam" | "adamw";
  /** How this parameter decays; false where it does not. */
  readonly decay: Decay | false;
}

/** The update rule of an optimizer. */
export const updateRule = (optimizer: Optimizer): UpdateVariant["optimizer"] =>
  optimizer.kind === "sgd" && optimizer.momentum > 0 ? "momentum" : optimizer.kind;

/** The update as a formula, for the printed plan. */
export const updateFormula = ({ optimizer, decay }: UpdateVariant): string => {
  const shrink = decay === "per-step" ? "ηλ" : "ηλ/|B|";
  if (optimizer === "sgd") return decay ? `w ← (1 − ${shrink})w − (η/|B|)Σ∂ℓ` : "w ← w − (η/|B|)Σ∂ℓ";
  const penalty = decay === "per-step" ? " + λw" : " + λw/|B|";
  const mean = `g = Σ∂ℓ/|B|${decay && optimizer !== "adamw" ? penalty : ""}`;
  if (optimizer === "momentum") return `${mean}, v ← μv + g, w ← w − ηv`;
  return `${optimizer === "adamw" && decay ? "w ← (1 − ηλ)w, " : ""}${mean}, w ← w − ηm̂/(√v̂ + ε)`;
};

/** The update of one parameter in place, elementwise. */
export const weightUpdate: Kernel<UpdateVariant, "elements", "control" | "g" | "parameter" | "state"> = {
  name: "weightUpdate",
  dims: ["elements"],
  operands: ({ optimizer }) => [
    { name: "control", access: "uniform" },
    { name: "g", access: "read" },
    { name: "parameter", access: "readWrite" },
    ...(optimizer === "sgd" ? [] : [{ name: "state", access: "readWrite" } as const]),
  ],
  sizes: ({ elements }, { optimizer }) => ({
    g: elements,
    parameter: elements,
    state: elements * (optimizer === "momentum" ? 1 : 2),
  }),
  workgroups: ({ elements }) => elementwise(elements),
  flops: ({ elements }, { optimizer }) => elements * { sgd: 3, momentum: 5, adam: 14, adamw: 14 }[optimizer],
};
