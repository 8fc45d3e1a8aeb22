import { ChainruleError, PlanError } from "../../errors.ts";
import { refuse, show } from "../../model/options.ts";
import { checkPlan } from "../../plan/check.ts";
import { checkGiven } from "../../plan/memory.ts";
import type { Plan } from "../../plan/types.ts";

/** Numbers of a plan are words of the GPU. */
const MOST = 2 ** 32 - 1;

/** The most levels of a plan: `steps`, a step, its `variant`, the `steps` of whole steps, one of them, its `variant`, its `tile`. */
const LEVELS = 8;

/**
 * Checks a plan that may have been written by anybody, whatever it is in truth.
 * @param where the call, for messages
 * @returns a copy
 * @throws PlanError unless it is a plan that can run as written
 */
export function checkForeign(where: string, given: Plan): Plan {
  try {
    checkGiven(where, given);
    const plan = structuredClone(given);
    checkNumbers(where, plan, "plan", LEVELS);
    checkPlan(plan);
    return plan;
  } catch (cause) {
    if (cause instanceof ChainruleError) throw cause;
    const got = `a plan that cannot be read (${cause instanceof Error ? cause.message : show(cause)})`;
    refuse(where, got, "a plan", "give trainer.plan or what planTraining gives", PlanError);
  }
}

/** @throws PlanError unless all its numbers are whole ones of 32 bits, and no more levels deep than there may be */
function checkNumbers(where: string, value: unknown, path: string, levels: number): void {
  if (typeof value === "object" && value !== null) {
    if (levels === 0)
      refuse(where, `${path}, an object`, "a word or a number", "give the plan as it was made", PlanError);
    for (const [name, one] of Object.entries(value)) checkNumbers(where, one, `${path}.${name}`, levels - 1);
  } else if (typeof value === "number" && !(Number.isInteger(value) && value >= 0 && value <= MOST)) {
    refuse(where, `${path} ${value}`, `a whole number from 0 to ${MOST}`, "give the plan as it was made", PlanError);
  }
}
