import type { Decay } from "../model/optimizer.ts";
import type { Schedule } from "../model/schedule.ts";
import { type Kernel, operandsOf } from "./types.ts";

export interface AdvanceVariant {
  readonly schedule: Schedule["kind"];
  readonly decay: Decay;
  /** Whether deltas are f16, and the loss scale follows them; false if left out. */
  readonly half?: boolean;
}

/** Begins a step in the control block: t, epoch, start, |B|, η, λ̃, bias corrections. */
export const advance: Kernel<AdvanceVariant, "rows", "control"> = {
  dims: ["rows"],
  operands: () => operandsOf(["control", "readWrite", "control"]),
  sizes: () => ({}),
  workgroups: () => [1, 1],
  flops: () => 0,
};
