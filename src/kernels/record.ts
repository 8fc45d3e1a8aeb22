import { recordSource } from "../../shaders/record.wgsl.ts";
import { RECORD_WORDS, RING_RECORDS } from "./control.ts";
import type { Kernel } from "./types.ts";

export interface RecordVariant {
  /** Whether there is a penalty s; otherwise s = 0. */
  readonly penalty: boolean;
}

/** One line of the ring of metrics: L, s, hits, |B|, step, halted, η, epoch. */
export const record: Kernel<RecordVariant, "rows" | "parts", "control" | "losses" | "hits" | "ring" | "squares"> = {
  name: "record",
  dims: ["rows", "parts"],
  operands: ({ penalty }) => [
    { name: "control", access: "readWrite" },
    { name: "losses", access: "read" },
    { name: "hits", access: "read" },
    { name: "ring", access: "readWrite" },
    ...(penalty ? [{ name: "squares", access: "read" } as const] : []),
  ],
  sizes: ({ rows, parts }) => ({ losses: rows, hits: rows, ring: RECORD_WORDS * RING_RECORDS, squares: parts }),
  workgroups: () => [1, 1],
  flops: ({ rows, parts }) => rows + parts,
  label: ({ penalty }) => (penalty ? "L = Σℓ, s = λ̃/2 Σ‖W‖², J = L + s" : "J = L = Σℓ"),
  source: (variant) => recordSource(variant, { words: RECORD_WORDS, records: RING_RECORDS }),
};
