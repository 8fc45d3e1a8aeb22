import { weightUpdateSource } from "../../shaders/weight-update.wgsl.ts";
import type { Decay, Optimizer } from "../model/optimizer.ts";
import { elementwise, type Kernel } from "./types.ts";

export interface WeightUpdateVariant {
  readonly optimizer: "sgd" | "momentum" | "adam" | "adamw";
  /** How this parameter decays; false where it does not. */
  readonly decay: Decay | false;
}

/** The update rule of an optimizer. */
export const updateRule = (optimizer: Optimizer): WeightUpdateVariant["optimizer"] =>
  optimizer.kind === "sgd" && optimizer.momentum > 0 ? "momentum" : optimizer.kind;

const formula = ({ optimizer, decay }: WeightUpdateVariant): string => {
  const shrink = decay === "per-step" ? "ηλ" : "ηλ/|B|";
  if (optimizer === "sgd") return decay ? `w ← (1 − ${shrink})w − (η/|B|)Σ∂ℓ` : "w ← w − (η/|B|)Σ∂ℓ";
  const penalty = decay === "per-step" ? " + λw" : " + λw/|B|";
  const mean = `g = Σ∂ℓ/|B|${decay && optimizer !== "adamw" ? penalty : ""}`;
  if (optimizer === "momentum") return `${mean}, v ← μv + g, w ← w − ηv`;
  return `${optimizer === "adamw" && decay ? "w ← (1 − ηλ)w, " : ""}${mean}, w ← w − ηm̂/(√v̂ + ε)`;
};

/** The update of one parameter in place, elementwise. */
export const weightUpdate: Kernel<WeightUpdateVariant, "elements", "control" | "g" | "parameter" | "m" | "v"> = {
  name: "weightUpdate",
  dims: ["elements"],
  operands: ({ optimizer }) => [
    { name: "control", access: "uniform" },
    { name: "g", access: "read" },
    { name: "parameter", access: "readWrite" },
    ...(optimizer === "adam" || optimizer === "adamw" ? [{ name: "m", access: "readWrite" } as const] : []),
    ...(optimizer === "sgd" ? [] : [{ name: "v", access: "readWrite" } as const]),
  ],
  sizes: ({ elements }) => ({ g: elements, parameter: elements, m: elements, v: elements }),
  workgroups: ({ elements }) => elementwise(elements),
  flops: ({ elements }, { optimizer }) => elements * { sgd: 3, momentum: 5, adam: 14, adamw: 14 }[optimizer],
  label: (variant) => `${variant.optimizer}: ${formula(variant)}`,
  source: weightUpdateSource,
};
