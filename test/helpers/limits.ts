import { limitError } from "../../src/plan/limit-error.ts";
import { excessOf, type Limits } from "../../src/plan/limits.ts";
import type { Plan } from "../../src/plan/types.ts";

/** Refuses a plan that exceeds a limit, as the device does before it takes any memory. */
export function checkLimits(plan: Plan, limits: Limits): void {
  const excess = excessOf(plan, limits);
  if (excess) throw limitError(plan, excess);
}
