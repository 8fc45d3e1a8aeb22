import type { AdvanceVariant } from "../../shaders/lib/advance.wgsl.ts";
import type { Kernel } from "./types.ts";

export type { AdvanceVariant };

/** Begins a step in the control block: t, epoch, start, |B|, η, λ̃, bias corrections. */
export const advance: Kernel<AdvanceVariant, "rows", "control"> = {
  name: "advance",
  dims: ["rows"],
  operands: () => [{ name: "control", access: "readWrite" }],
  sizes: () => ({}),
  workgroups: () => [1, 1],
  flops: () => 0,
  source: async (variant) => (await import("../../shaders/advance.wgsl.ts")).advanceSource(variant),
};
