import type { SlopeOfOutput } from "../model/activation.ts";
import { type Loss, takesClasses } from "../model/loss.ts";
import { elementwise, halfType, type Kernel, operandsOf } from "./types.ts";

export interface LossVariant {
  readonly loss: Loss;
  /** Whether ∂L/∂o is written too, and a loss that is not finite halts the run before anything is updated. */
  readonly delta: boolean;
  /** Activation of the output whose slope multiplies the delta, so that ∂J/∂z is written; identity leaves ∂L/∂o. */
  readonly slope: SlopeOfOutput;
  /** Whether y are the targets of all rows, whose own are picked by `order`; those of the batch if left out. */
  readonly gather?: boolean;
  /** Whether the delta is f16, and scaled; f32 if left out. */
  readonly half?: boolean;
}

/** What the targets of a loss are: numbers of classes, or values. */
export const targetType = (loss: Loss) => (takesClasses[loss] ? "u32" : "f32");

/** Floating-point operations of each loss an output. */
export const lossFlops: Readonly<Record<Loss, number>> = { halfSquaredError: 3, softmaxCrossEntropy: 6 };

/** Scores (ℓ, hit) of each row `[rows, 2]` and ∂L/∂o `[rows, columns]` out of o `[rows, columns]` and the targets. */
export const loss: Kernel<LossVariant, "rows" | "columns", "control" | "o" | "y" | "scores" | "do" | "order"> = {
  dims: ["rows", "columns"],
  operands: ({ loss, delta, gather = false, half }) =>
    operandsOf(
      ["control", "readWrite", "control"],
      ["o", "read", "f32"],
      ["y", "read", targetType(loss)],
      ["scores", "readWrite", "f32"],
      ["do", "readWrite", halfType(half), delta],
      ["order", "read", "u32", gather],
    ),
  sizes: ({ rows, columns }, { loss, gather = false }) => ({
    o: rows * columns,
    y: (gather ? 1 : rows) * (takesClasses[loss] ? 1 : columns),
    scores: 2 * rows,
    do: rows * columns,
    order: rows,
  }),
  workgroups: ({ rows }) => elementwise(rows),
  flops: ({ rows, columns }, { loss }) => rows * columns * lossFlops[loss],
};
