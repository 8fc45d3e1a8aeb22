import type { AdvanceVariant } from "./advance.ts";
import { RECORD_WORDS, RING_RECORDS } from "./control.ts";
import { type Kernel, operandsOf } from "./types.ts";

export interface BeginVariant extends AdvanceVariant {
  readonly penalty: boolean;
  /** Invocations that sum together. */
  readonly group: number;
  readonly shuffle: boolean;
  /** Whether the last step of a submit is closed only, and no other begun. */
  readonly closing: boolean;
}

type Operand = "control" | "ring" | "scores" | "order" | "data" | "y" | "squares";

/** Between two steps: records the one before, begins the next, picks its rows and gathers their targets. */
export const begin: Kernel<BeginVariant, "rows" | "columns" | "parts", Operand> = {
  name: "begin",
  dims: ["rows", "columns", "parts"],
  operands: ({ penalty, closing }) =>
    operandsOf<Operand>(
      ["control", "readWrite"],
      ["ring", "readWrite"],
      ["scores", "read"],
      ["order", "readWrite", !closing],
      ["data", "read", !closing],
      ["y", "readWrite", !closing],
      ["squares", "read", penalty],
    ),
  sizes: ({ rows, columns, parts }) => ({
    ring: RECORD_WORDS * RING_RECORDS,
    scores: 2 * rows,
    order: rows,
    y: rows * columns,
    squares: parts,
  }),
  workgroups: () => [1, 1],
  flops: ({ rows, parts }) => rows + parts,
};
