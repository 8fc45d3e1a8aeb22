import { kernels, type VariantOf } from "../src/kernels/index.ts";
import { layerGradientSource } from "./layer-gradient.wgsl.ts";
import { splitUpdateSource } from "./split-update.wgsl.ts";

/** The WGSL of the kernels that sum gradients in parts. */
export const split = {
  layerGradient: layerGradientSource,
  splitUpdate: (variant: VariantOf<"splitUpdate">) => splitUpdateSource(variant, kernels.splitUpdate.operands(variant)),
};
