import { lossSource } from "../../shaders/loss.wgsl.ts";
import type { Loss } from "../model/loss.ts";
import { elementwise, type Kernel } from "./types.ts";

export interface LossVariant {
  readonly loss: Loss;
  /** Whether ∂L/∂o is written too. */
  readonly delta: boolean;
}

/** ℓ of each row `[rows]`, hits `[rows]` and ∂L/∂o `[rows, columns]` out of o `[rows, columns]` and the targets. */
export const loss: Kernel<LossVariant, "rows" | "columns", "control" | "o" | "y" | "losses" | "hits" | "do"> = {
  name: "loss",
  dims: ["rows", "columns"],
  operands: ({ delta }) => [
    { name: "control", access: "uniform" },
    { name: "o", access: "read" },
    { name: "y", access: "read" },
    { name: "losses", access: "readWrite" },
    { name: "hits", access: "readWrite" },
    ...(delta ? [{ name: "do", access: "readWrite" } as const] : []),
  ],
  sizes: ({ rows, columns }, variant) => ({
    o: rows * columns,
    y: variant.loss === "softmaxCrossEntropy" ? rows : rows * columns,
    losses: rows,
    hits: rows,
    do: rows * columns,
  }),
  workgroups: ({ rows }) => elementwise(rows),
  flops: ({ rows, columns }, variant) => rows * columns * (variant.loss === "halfSquaredError" ? 3 : 6),
  label: (variant) => variant.loss,
  source: lossSource,
};
