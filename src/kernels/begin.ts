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

type Operand = "control" | "ring" | "scores" | "order" | "squares";

/** Between two steps: records the one before, begins the next and picks its rows. */
export const begin: Kernel<BeginVariant, "rows" | "parts", Operand> = {
  dims: ["rows", "parts"],
  operands: ({ penalty, closing }) =>
    operandsOf(
      ["control", "readWrite", "control"],
      ["ring", "readWrite", "u32"],
      ["scores", "read", "f32"],
      ["order", "readWrite", "u32", !closing],
      ["squares", "read", "f32", penalty],
    ),
  sizes: ({ rows, parts }) => ({
    ring: RECORD_WORDS * RING_RECORDS,
    scores: 2 * rows,
    order: rows,
    squares: parts,
  }),
  workgroups: () => [1, 1],
  flops: ({ rows, parts }) => rows + parts,
};
