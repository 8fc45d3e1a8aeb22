import { ChainruleError, PlanError } from "../../errors.ts";
import { refuse, show } from "../../model/options.ts";
import { checkPlan } from "../../plan/check.ts";
import { checkGiven } from "../../plan/memory.ts";
import type { Plan } from "../../plan/types.ts";

/** Numbers of a plan are words of the GPU. */
const MOST = 2 ** 32 - 1;

/**
 * Checks a plan that may have been written by anybody, whatever it is in truth.
 * @param where the call, for messages
 * @returns a copy
 * @throws PlanError unless it is a plan that can run as written
 */
export function checkForeign(where: string, given: Plan): Plan {
  try {
    const plan = structuredClone(given);
    checkGiven(where, plan);
    checkNumbers(where, plan, "plan");
    checkPlan(plan);
    return plan;
  } catch (cause) {
    if (cause instanceof ChainruleError) throw cause;
    const got = `a plan that cannot be read (${cause instanceof Error ? cause.message : show(cause)})`;
    refuse(where, got, "a plan", "give trainer.plan or what planTraining gives", PlanError);
  }
}

/** @throws PlanError unless all its numbers are whole ones of 32 bits */
function checkNumbers(where: string, value: unknown, path: string): void {
  if (typeof value === "object" && value !== null) {
    for (const [name, one] of Object.entries(value)) checkNumbers(where, one, `${path}.${name}`);
  } else if (typeof value === "number" && !(Number.isInteger(value) && value >= 0 && value <= MOST)) {
    refuse(where, `${path} ${value}`, `a whole number from 0 to ${MOST}`, "give the plan as it was made", PlanError);
  }
}
