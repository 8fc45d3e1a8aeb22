import { controlFields } from "../src/kernels/control.ts";
import { boundOperands, type Call, type KernelName, kernels, type VariantOf } from "../src/kernels/index.ts";
import { beginSource } from "./begin.wgsl.ts";
import { layerBackwardSource } from "./layer-backward.wgsl.ts";
import { layerForwardSource } from "./layer-forward.wgsl.ts";
import { layerUpdateSource } from "./layer-update.wgsl.ts";
import { prelude } from "./lib/prelude.wgsl.ts";
import { outputLossSource } from "./output-loss.wgsl.ts";
import type { textbook } from "./textbook.ts";

/** Gives the WGSL of a kernel, less the prelude. */
type Sources<Name extends KernelName> = { readonly [N in Name]: (variant: VariantOf<N>) => string | Promise<string> };

/** Of each kernel but the textbook's own. What few trainings need is loaded when one does. */
const sources: Sources<Exclude<KernelName, keyof typeof textbook>> = {
  begin: beginSource,
  halve: async () => (await import("./halve.wgsl.ts")).halveSource(),
  layerBackward: layerBackwardSource,
  layerForward: layerForwardSource,
  layerGradient: async (variant) => (await import("./split.ts")).split.layerGradient(variant),
  layerUpdate: (variant) => layerUpdateSource(variant, kernels.layerUpdate.operands(variant)),
  loss: async (variant) => (await import("./loss.wgsl.ts")).lossSource(variant),
  outputLoss: outputLossSource,
  record: async (variant) => (await import("./record.wgsl.ts")).recordSource(variant),
  splitUpdate: async (variant) => (await import("./split.ts")).split.splitUpdate(variant),
  wholeSteps: async (variant) => (await import("./steps.ts")).stepsSource(variant),
};

/** The complete WGSL module of a call. Calls with the same source share a pipeline. */
export const sourceOf = async (call: Call): Promise<string> => {
  const { kernel } = call;
  const all: Partial<Sources<KernelName>> = kernel in sources ? sources : (await import("./textbook.ts")).textbook;
  const source = await (all[kernel] as (variant: unknown) => string | Promise<string>)(call.variant);
  return prelude(extensionsOf(call), controlFields, kernels[kernel].dims) + source;
};

/** The extensions of WGSL that a call's source enables. */
function extensionsOf(call: Call): string[] {
  const { variant } = call;
  const subgroups = "tile" in variant ? variant.tile.subgroups : "subgroups" in variant && variant.subgroups;
  const half = boundOperands(call).some(({ content }) => content === "f16");
  return [...(subgroups ? ["subgroups"] : []), ...(half ? ["f16"] : [])];
}
