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
  dims: ["rows", "columns", "parts"],
  operands: ({ penalty, closing }) =>
    operandsOf(
      ["control", "readWrite", "control"],
      ["ring", "readWrite", "u32"],
      ["scores", "read", "f32"],
      ["order", "readWrite", "u32", !closing],
      ["data", "read", "f32 or u32", !closing],
      ["y", "readWrite", "f32 or u32", !closing],
      ["squares", "read", "f32", penalty],
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
