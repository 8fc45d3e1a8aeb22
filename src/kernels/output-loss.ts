import type { Activation } from "../model/activation.ts";
import { type Loss, takesClasses } from "../model/loss.ts";
import { lossFlops, targetType } from "./loss.ts";
import { grid, halfType, inputType, type Kernel, operandsOf } from "./types.ts";

export interface OutputLossVariant {
  readonly activation: Activation;
  readonly bias: boolean;
  /** Whether x is the resident data, whose rows are picked by `order` as those of y are. */
  readonly gather: boolean;
  /** Whether the resident data are packed bytes; f32 if left out. */
  readonly bytes?: boolean;
  readonly loss: Loss;
  /** Outputs a row, which the source unrolls. */
  readonly units: number;
  /** Whether ∂J/∂z is written, and a loss that is not finite halts the run. */
  readonly delta: boolean;
  /** Whether W, dz, and x unless it is the resident data, are f16, and dz scaled; f32 if left out. */
  readonly half?: boolean;
  /** Rows that a workgroup takes, one an invocation. */
  readonly group: number;
  /** Whether the lanes of a subgroup share the loads of W. */
  readonly subgroups: boolean;
}

/** The most outputs that one invocation keeps in registers. */
export const NARROW_OUTPUT = 32;

type Operand = "control" | "x" | "w" | "y" | "scores" | "bias" | "order" | "dz";

/** The last layer, the loss and its delta: x `[rows, inner]`, W `[units, inner]`, y of all rows → scores `[rows, 2]`, dz `[rows, units]`. */
export const outputLoss: Kernel<OutputLossVariant, "rows" | "inner", Operand> = {
  dims: ["rows", "inner"],
  operands: ({ bias, gather, bytes, loss, delta, half }) =>
    operandsOf(
      ["control", "readWrite", "control"],
      ["x", "read", inputType(gather, bytes, half)],
      ["w", "read", halfType(half)],
      ["y", "read", targetType(loss)],
      ["scores", "readWrite", "f32"],
      ["bias", "read", "f32", bias],
      ["order", "read", "u32"],
      ["dz", "readWrite", halfType(half), delta],
    ),
  sizes: ({ rows, inner }, { gather, loss, units }) => ({
    x: gather ? inner : rows * inner,
    w: units * inner,
    y: takesClasses[loss] ? 1 : units,
    scores: 2 * rows,
    bias: units,
    order: rows,
    dz: rows * units,
  }),
  workgroups: ({ rows }, { group }) => grid(Math.ceil(rows / group)),
  flops: ({ rows, inner }, { loss, units }) => rows * units * (2 * inner + 1 + lossFlops[loss]),
};
