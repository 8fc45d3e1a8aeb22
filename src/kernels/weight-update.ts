import { type Decay, decoupled, type Rule, stateWidths } from "../model/optimizer.ts";
import { elementwise, type Kernel, operandsOf } from "./types.ts";

/** The update rule of one parameter. */
export interface UpdateVariant {
  readonly optimizer: Rule;
  /** How this parameter decays; false where it does not. */
  readonly decay: Decay | false;
}

/** The update as a formula, for the printed plan. */
export const updateFormula = ({ optimizer, decay }: UpdateVariant): string => {
  const mean = decay === "per-step" ? "" : "/|B|";
  const g = `g = Σ∂ℓ/|B|${decay && !decoupled[optimizer] ? ` + λw${mean}` : ""}`;
  const adam = `${g}, w ← w − ηm̂/(√v̂ + ε)`;
  return {
    sgd: `w ← ${decay ? `(1 − ηλ${mean})w` : "w"} − (η/|B|)Σ∂ℓ`,
    momentum: `${g}, v ← μv + g, w ← w − ηv`,
    adam,
    adamw: decay ? `w ← (1 − ηλ)w, ${adam}` : adam,
  }[optimizer];
};

/** The update of one parameter in place, elementwise. */
export const weightUpdate: Kernel<UpdateVariant, "elements", "control" | "g" | "parameter" | "state"> = {
  dims: ["elements"],
  operands: ({ optimizer }) =>
    operandsOf(
      ["control", "uniform", "control"],
      ["g", "read", "f32"],
      ["parameter", "readWrite", "f32"],
      ["state", "readWrite", "f32", stateWidths[optimizer] > 0],
    ),
  sizes: ({ elements }, { optimizer }) => ({
    g: elements,
    parameter: elements,
    state: elements * stateWidths[optimizer],
  }),
  workgroups: ({ elements }) => elementwise(elements),
  flops: ({ elements }, { optimizer }) => elements * { sgd: 3, momentum: 5, adam: 14, adamw: 14 }[optimizer],
};
