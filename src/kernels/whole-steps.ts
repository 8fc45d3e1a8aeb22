import type { BeginVariant } from "./begin.ts";
import { RECORD_WORDS } from "./control.ts";
import type { LayerBackwardVariant } from "./layer-backward.ts";
import type { LayerForwardVariant } from "./layer-forward.ts";
import type { LayerUpdateVariant } from "./layer-update.ts";
import type { OutputLossVariant } from "./output-loss.ts";
import { grid, inputType, type Kernel, operandsOf } from "./types.ts";

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

/** What changes parameters, and what stands between it and the beginning of a step. */
export type UpdateStep = Extract<InnerStep, { kernel: "layerUpdate" }>;
export type PassStep = Exclude<InnerStep, { kernel: "begin" | "layerUpdate" }>;

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
  /** Records of the ring. */
  readonly records: number;
  /** Whether targets are class numbers. */
  readonly classes: boolean;
  /** Whether inputs are packed bytes. */
  readonly bytes: boolean;
  /** Floating-point operations of one step. */
  readonly flops: number;
  /** Whether each invocation keeps all parameters in registers, and sums gradients over its own rows. */
  readonly registers: boolean;
}

/** `steps` whole training steps in one dispatch, of `variants` networks that differ in their numbers alone. */
export const wholeSteps: Kernel<WholeStepsVariant, "steps" | "variants", "control" | "ring" | "resident" | "X" | "Y"> =
  {
    dims: ["steps", "variants"],
    operands: ({ bytes, classes }) =>
      operandsOf(
        ["control", "readWrite", "control"],
        ["ring", "readWrite", "u32"],
        ["resident", "readWrite", "f32"],
        ["X", "read", inputType(true, bytes)],
        ["Y", "read", classes ? "u32" : "f32"],
      ),
    sizes: ({ variants }, { resident, records }) => ({
      ring: variants * RECORD_WORDS * records,
      resident: variants * resident,
    }),
    workgroups: ({ variants }) => grid(variants),
    flops: ({ steps, variants }, { flops }) => steps * variants * flops,
  };
