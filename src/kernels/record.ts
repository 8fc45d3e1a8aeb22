import { reduceGroup } from "./chunks.ts";
import { RECORD_WORDS, RING_RECORDS } from "./control.ts";
import { type Kernel, operandsOf } from "./types.ts";

export { reduceGroup };

export interface RecordVariant {
  /** Whether there is a penalty s; otherwise s = 0. */
  readonly penalty: boolean;
  /** Invocations that sum together. */
  readonly group: number;
}

/** One line of the ring of metrics: L, s, hits, |B|, step, halted, η, epoch. */
export const record: Kernel<RecordVariant, "rows" | "parts", "control" | "scores" | "ring" | "squares"> = {
  dims: ["rows", "parts"],
  operands: ({ penalty }) =>
    operandsOf(
      ["control", "readWrite", "control"],
      ["scores", "read", "f32"],
      ["ring", "readWrite", "u32"],
      ["squares", "read", "f32", penalty],
    ),
  sizes: ({ rows, parts }) => ({ scores: 2 * rows, ring: RECORD_WORDS * RING_RECORDS, squares: parts }),
  workgroups: () => [1, 1],
  flops: ({ rows, parts }) => rows + parts,
};
