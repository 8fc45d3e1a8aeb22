import type { Activation } from "../model/activation.ts";
import type { Loss } from "../model/loss.ts";
import { elementwise, type Kernel } from "./types.ts";

export interface LossVariant {
  readonly loss: Loss;
  /** Whether ∂L/∂o is written too, and a loss that is not finite halts the run before anything is updated. */
  readonly delta: boolean;
  /** Activation of the output whose slope multiplies the delta, so that ∂J/∂z is written; identity leaves ∂L/∂o. */
  readonly slope: Activation;
  /** Whether the delta is f16, and scaled; f32 if left out. */
  readonly half?: boolean;
}

/** Scores (ℓ, hit) of each row `[rows, 2]` and ∂L/∂o `[rows, columns]` out of o `[rows, columns]` and the targets. */
export const loss: Kernel<LossVariant, "rows" | "columns", "control" | "o" | "y" | "scores" | "do"> = {
  name: "loss",
  dims: ["rows", "columns"],
  operands: ({ delta }) => [
    { name: "control", access: "readWrite" },
    { name: "o", access: "read" },
    { name: "y", access: "read" },
    { name: "scores", access: "readWrite" },
    ...(delta ? [{ name: "do", access: "readWrite" } as const] : []),
  ],
  sizes: ({ rows, columns }, variant) => ({
    o: rows * columns,
    y: variant.loss === "softmaxCrossEntropy" ? rows : rows * columns,
    scores: 2 * rows,
    do: rows * columns,
  }),
  workgroups: ({ rows }) => elementwise(rows),
  flops: ({ rows, columns }, variant) => rows * columns * (variant.loss === "halfSquaredError" ? 3 : 6),
  extensions: ({ half }) => (half ? ["f16"] : []),
};
