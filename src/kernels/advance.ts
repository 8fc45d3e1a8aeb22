import { advanceSource } from "../../shaders/advance.wgsl.ts";
import type { Decay } from "../model/optimizer.ts";
import type { Schedule } from "../model/schedule.ts";
import type { Kernel } from "./types.ts";

export interface AdvanceVariant {
  readonly schedule: Schedule["kind"];
  readonly decay: Decay;
}

/** Begins a step in the control block: t, epoch, start, |B|, η, λ̃, bias corrections. */
export const advance: Kernel<AdvanceVariant, "rows", "control"> = {
  name: "advance",
  dims: ["rows"],
  operands: () => [{ name: "control", access: "readWrite" }],
  sizes: () => ({}),
  workgroups: () => [1, 1],
  flops: () => 0,
  label: ({ schedule, decay }) => `t ← t + 1, ${schedule} η, ${decay === "per-step" ? "λ̃ = λ|B|" : "λ̃ = λ"}`,
  source: advanceSource,
};
