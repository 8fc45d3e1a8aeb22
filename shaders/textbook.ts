import { activationSource } from "./activation.wgsl.ts";
import { advanceSource } from "./advance.wgsl.ts";
import { decayGradientSource } from "./decay-gradient.wgsl.ts";
import { gatherRowsSource } from "./gather-rows.wgsl.ts";
import { gradientMultiplySource } from "./gradient-multiply.wgsl.ts";
import { matmulSource } from "./matmul.wgsl.ts";
import { penaltySource } from "./penalty.wgsl.ts";
import { sampleSource } from "./sample.wgsl.ts";
import { sumRowsSource } from "./sum-rows.wgsl.ts";
import { weightUpdateSource } from "./weight-update.wgsl.ts";

/** The WGSL of the kernels that few plans but the textbook's have, in one file that is loaded when one does. */
export const textbook = {
  activation: activationSource,
  advance: advanceSource,
  decayGradient: decayGradientSource,
  gatherRows: gatherRowsSource,
  gradientMultiply: gradientMultiplySource,
  matmul: matmulSource,
  penalty: penaltySource,
  sample: sampleSource,
  sumRows: sumRowsSource,
  weightUpdate: weightUpdateSource,
};
