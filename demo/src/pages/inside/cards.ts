import type { Plan } from "chainrule";
import { deltaOf, layersOf, outputOf } from "./names.ts";

/** Which tensors stand where on the board. */
export interface LayerCards {
  readonly layer: number;
  readonly parameters: readonly string[];
  /** None where the activation is the identity: z is the output then. */
  readonly z: string | undefined;
  readonly out: string;
  /** ∂L/∂W too, where λ makes ∂J/∂W another tensor. */
  readonly gradients: readonly string[];
  readonly dz: string | undefined;
  readonly dout: string;
  readonly updated: readonly string[];
}

export function layerCards(plan: Plan): readonly LayerCards[] {
  const layers = layersOf(plan);
  const has = (name: string) => Object.hasOwn(plan.tensors, name);
  return Array.from({ length: layers }, (_, index): LayerCards => {
    const layer = index + 1;
    const [W, b] = [`W${layer}`, `b${layer}`];
    const trained = [W, b].filter((name) => has(`g${name}`));
    // A layer's gradients by ω: with λ, the data's part and the whole.
    const gradients = trained.flatMap((name) => [...(has(`d${name}`) ? [`g${name}`] : []), `d${name}`]);
    return {
      layer,
      parameters: [W, b],
      z: has(`z${layer}`) ? `z${layer}` : undefined,
      out: outputOf(layer, layers),
      gradients,
      dz: has(`dz${layer}`) ? `dz${layer}` : undefined,
      dout: deltaOf(layer, layers),
      updated: trained.map((name) => `${name}+`),
    };
  });
}

/** The rows and columns that a shape has on the board: a vector stands upright. */
export const gridOf = ([rows = 1, columns = 1]: readonly number[]): { rows: number; columns: number } => ({
  rows,
  columns,
});
