import { flopsOf } from "../kernels/index.ts";
import type { Plan } from "./types.ts";

/** The most floating-point operations a step for which one workgroup is faster than a dispatch for each layer. */
const MOST_FLOPS = 80_000;

/** Floating-point operations of a step, less what stands between two, where the parts of Σ‖W‖² follow from the hardware. */
export const stepFlops = ({ steps }: Plan): number =>
  steps.reduce((sum, step) => sum + (step.kernel === "begin" ? 0 : flopsOf(step)), 0);

/** Whether a step is too small to fill more than a workgroup. */
export const isSmall = (plan: Plan): boolean => stepFlops(plan) <= MOST_FLOPS;
