import { ModelError, PlanError } from "../errors.ts";
import type { Hardware } from "../kernels/tile.ts";
import { updateRule } from "../kernels/weight-update.ts";
import type { Optimizer } from "../model/optimizer.ts";
import { forVariants } from "../plan/passes/variants.ts";
import type { Plan } from "../plan/types.ts";
import { checkSeed } from "./counts.ts";
import { type PlanOptions, planTraining } from "./plan.ts";
import type { Variant } from "./types.ts";

/**
 * Checks that variants differ in numbers alone.
 * @returns the optimizer that they are planned by, the first one's
 * @throws ModelError naming the first variant that differs from variant 0 in what is compiled
 */
export function checkVariants(variants: readonly Variant[]): Optimizer {
  const [first] = variants;
  if (first === undefined) {
    throw new ModelError({
      where: "sweep",
      got: "no variants",
      expected: "at least one",
      remedy: "give the seed and optimizer of each network to train",
    });
  }
  const expected = describeRule(first.optimizer);
  variants.forEach(({ seed = 0, optimizer }, index) => {
    const where = `sweep: variants[${index}]`;
    checkSeed(where, seed);
    const got = describeRule(optimizer);
    if (got === expected) return;
    throw new ModelError({
      where,
      got,
      expected: `${expected}, as variants[0] has`,
      remedy: "let the variants differ in numbers alone, and make a sweep of its own for each kind of them",
    });
  });
  return first.optimizer;
}

/** What of an optimizer is compiled into a plan, in words. */
function describeRule(optimizer: Optimizer): string {
  const { schedule, weightDecay, decay, decayBiases } = optimizer;
  const decaying = `decay ${decay}${decayBiases ? " of biases too" : ""}`;
  return `${updateRule(optimizer)}, schedule ${schedule.kind}, ${weightDecay > 0 ? decaying : "no decay"}`;
}

/**
 * The plan of a training step of so many variants.
 * @throws ModelError, ShapeError, DataError; PlanError where a step does not become one dispatch
 */
export function planVariants(
  options: Omit<PlanOptions, "fuse" | "oneDispatch">,
  variants: number,
  hardware?: Hardware,
): Plan {
  const plan = planTraining({ ...options, fuse: true, oneDispatch: true }, hardware);
  if (plan.resident) return forVariants(plan, variants);
  throw new PlanError({
    where: "sweep",
    got: `a network whose step takes ${plan.steps.length} dispatches`,
    expected: "one so small that its whole step becomes one dispatch",
    remedy: "train the variants one after the other with createTrainer, or take a smaller network or batch",
  });
}
