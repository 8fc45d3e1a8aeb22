import { RECORD_WORDS, RING_RECORDS } from "../../kernels/control.ts";
import type { Plan, Step, Tensor } from "../types.ts";

/**
 * Makes a plan of whole steps train `variants` networks side by side, a workgroup each. Every one has a control block, a ring,
 * parameters and state of its own: the first dimension of `control`, `ring` and `resident`. Parameters and state stay in
 * `resident` between two submits too. The rings are short: the steps of many networks take their time, and each ring its memory.
 * @param plan with a kernel of whole steps
 */
export function forVariants(plan: Plan, variants: number): Plan {
  const own = ["control", "resident"];
  const tensors = Object.entries(plan.tensors).map(([name, tensor]): [string, Tensor] => {
    if (name === "ring") return [name, { ...tensor, shape: [variants, RING_RECORDS, RECORD_WORDS] }];
    if (own.includes(name)) return [name, { ...tensor, shape: [variants, ...tensor.shape] }];
    return [name, Object.hasOwn(plan.resident ?? {}, name) ? { ...tensor, place: "resident" } : tensor];
  });
  const steps = plan.steps.map(
    (step): Step =>
      step.kernel === "wholeSteps"
        ? { ...step, variant: { ...step.variant, records: RING_RECORDS }, dims: { ...step.dims, variants } }
        : step,
  );
  return { ...plan, tensors: Object.fromEntries(tensors), steps };
}
