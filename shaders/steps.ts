import type { WholeStepsVariant } from "../src/kernels/whole-steps.ts";
import { registerStepsSource } from "./register-steps.wgsl.ts";
import { wholeStepsSource } from "./whole-steps.wgsl.ts";

/** The WGSL of whole steps in one dispatch. */
export const stepsSource = (variant: WholeStepsVariant): string =>
  (variant.registers ? registerStepsSource : wholeStepsSource)(variant);
