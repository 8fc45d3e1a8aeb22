import { controlFields } from "../src/kernels/control.ts";
import { boundOperands, type Call, type KernelName, kernels, type VariantOf } from "../src/kernels/index.ts";
import { beginSource } from "./begin.wgsl.ts";
import { layerBackwardSource } from "./layer-backward.wgsl.ts";
import { layerForwardSource } from "./layer-forward.wgsl.ts";
import { layerUpdateSource } from "./layer-update.wgsl.ts";
import { prelude } from "./lib/prelude.wgsl.ts";
import { outputLossSource } from "./output-loss.wgsl.ts";

/** The WGSL of each kernel, less the prelude. What few trainings need is loaded when one does. */
const sources: { readonly [N in KernelName]: (variant: VariantOf<N>) => string | Promise<string> } = {
  activation: async (variant) => (await import("./activation.wgsl.ts")).activationSource(variant),
  advance: async (variant) => (await import("./advance.wgsl.ts")).advanceSource(variant),
  begin: beginSource,
  decayGradient: async () => (await import("./decay-gradient.wgsl.ts")).decayGradientSource(),
  gatherRows: async (variant) => (await import("./gather-rows.wgsl.ts")).gatherRowsSource(variant),
  gradientMultiply: async (variant) => (await import("./gradient-multiply.wgsl.ts")).gradientMultiplySource(variant),
  halve: async () => (await import("./halve.wgsl.ts")).halveSource(),
  layerBackward: layerBackwardSource,
  layerForward: layerForwardSource,
  layerGradient: async (variant) => (await import("./layer-gradient.wgsl.ts")).layerGradientSource(variant),
  layerUpdate: (variant) => layerUpdateSource(variant, kernels.layerUpdate.operands(variant)),
  loss: async (variant) => (await import("./loss.wgsl.ts")).lossSource(variant),
  matmul: async (variant) => (await import("./matmul.wgsl.ts")).matmulSource(variant),
  outputLoss: outputLossSource,
  penalty: async () => (await import("./penalty.wgsl.ts")).penaltySource(),
  record: async (variant) => (await import("./record.wgsl.ts")).recordSource(variant),
  sample: async (variant) => (await import("./sample.wgsl.ts")).sampleSource(variant),
  splitUpdate: async (variant) =>
    (await import("./split-update.wgsl.ts")).splitUpdateSource(variant, kernels.splitUpdate.operands(variant)),
  sumRows: async (variant) => (await import("./sum-rows.wgsl.ts")).sumRowsSource(variant),
  weightUpdate: async (variant) => (await import("./weight-update.wgsl.ts")).weightUpdateSource(variant),
  wholeSteps: async (variant) =>
    variant.registers
      ? (await import("./register-steps.wgsl.ts")).registerStepsSource(variant)
      : (await import("./whole-steps.wgsl.ts")).wholeStepsSource(variant),
};

/** The complete WGSL module of a call. Calls with the same source share a pipeline. */
export const sourceOf = async (call: Call): Promise<string> => {
  const source = await (sources[call.kernel] as (variant: unknown) => string | Promise<string>)(call.variant);
  return prelude(extensionsOf(call), controlFields, kernels[call.kernel].dims) + source;
};

/** The extensions of WGSL that a call's source enables. */
function extensionsOf(call: Call): string[] {
  const { variant } = call;
  const subgroups = "tile" in variant ? variant.tile.subgroups : "subgroups" in variant && variant.subgroups;
  const half = boundOperands(call).some(({ content }) => content === "f16");
  return [...(subgroups ? ["subgroups"] : []), ...(half ? ["f16"] : [])];
}
