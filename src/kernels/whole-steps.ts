import { wholeStepsSource } from "../../shaders/whole-steps.wgsl.ts";
import type { BeginVariant } from "./begin.ts";
import { RECORD_WORDS, RING_RECORDS } from "./control.ts";
import type { LayerBackwardVariant } from "./layer-backward.ts";
import type { LayerForwardVariant } from "./layer-forward.ts";
import type { LayerUpdateVariant } from "./layer-update.ts";
import type { OutputLossVariant } from "./output-loss.ts";
import type { Kernel } from "./types.ts";

interface Inner<N extends string, V> {
  readonly kernel: N;
  readonly variant: V;
  readonly dims: Readonly<Record<string, number>>;
  readonly bind: Readonly<Record<string, string | undefined>>;
}

/** A step of a fused plan, which becomes a loop here. */
export type InnerStep =
  | Inner<"begin", BeginVariant>
  | Inner<"layerForward", LayerForwardVariant>
  | Inner<"outputLoss", OutputLossVariant>
  | Inner<"layerBackward", LayerBackwardVariant>
  | Inner<"layerUpdate", LayerUpdateVariant>;

export interface WholeStepsVariant {
  readonly steps: readonly InnerStep[];
  /** Where each tensor begins in workgroup memory, in words; parameters and state come first. */
  readonly layout: Readonly<Record<string, number>>;
  /** Words of workgroup memory. */
  readonly words: number;
  /** Words of parameters and state, which outlive the dispatch. */
  readonly resident: number;
  /** Invocations of the workgroup. */
  readonly group: number;
  readonly batch: number;
  /** Whether targets are class numbers. */
  readonly classes: boolean;
  /** Floating-point operations of one step. */
  readonly flops: number;
}

/** `steps` whole training steps in one dispatch. */
export const wholeSteps: Kernel<WholeStepsVariant, "steps", "control" | "ring" | "resident" | "X" | "Y"> = {
  name: "wholeSteps",
  dims: ["steps"],
  operands: () => [
    { name: "control", access: "readWrite" },
    { name: "ring", access: "readWrite" },
    { name: "resident", access: "readWrite" },
    { name: "X", access: "read" },
    { name: "Y", access: "read" },
  ],
  sizes: (_, { resident }) => ({ ring: RECORD_WORDS * RING_RECORDS, resident }),
  workgroups: () => [1, 1],
  flops: ({ steps }, { flops }) => steps * flops,
  label: ({ words, group }) =>
    `whole steps in one dispatch: ${group} invocations, ${4 * words} bytes of workgroup memory`,
  source: wholeStepsSource,
};
