import { PlanError } from "../errors.ts";
import type { Hardware } from "../kernels/tile.ts";
import { checkOptimizer } from "../model/optimizer.ts";
import { checkOptions, refuse, show } from "../model/options.ts";
import { count } from "../model/schedule.ts";
import { forVariants } from "../plan/passes/variants.ts";
import type { Plan } from "../plan/types.ts";
import { describeRule } from "./change.ts";
import type { TrainingStepOptions } from "./draft.ts";
import type { Network } from "./network.ts";
import { makePlan } from "./plan.ts";
import type { Variant } from "./types.ts";

/**
 * Checks that variants differ in numbers alone.
 * @returns them, with the optimizers that were checked
 * @throws ModelError naming the first variant that differs from variant 0 in what is compiled
 */
export function checkVariants(variants: readonly Variant[]): [Variant, ...Variant[]] {
  if (!Array.isArray(variants) || variants.length === 0) {
    const got = Array.isArray(variants) ? "no variants" : `variants ${show(variants)}`;
    refuse("sweep", got, "a list of at least one", "give the seed and optimizer of each network to train");
  }
  const { length } = variants as readonly Variant[];
  const checked = Array.from({ length }, (_, index) =>
    checkVariant(`sweep: variants[${index}]`, variants[index] as Variant),
  ) as [Variant, ...Variant[]];
  const expected = describeRule(checked[0].optimizer);
  const index = checked.findIndex((variant) => describeRule(variant.optimizer) !== expected);
  const other = checked[index];
  if (!other) return checked;
  refuse(
    `sweep: variants[${index}]`,
    describeRule(other.optimizer),
    `${expected}, as variants[0] has`,
    "let the variants differ in numbers alone, and make a sweep of its own for each kind of them",
  );
}

function checkVariant(where: string, variant: Variant): Variant {
  const { seed = 0, optimizer } = checkOptions(where, variant, { optimizer: 1, seed: 0 });
  count(where, "seed", seed, 0);
  return { seed, optimizer: checkOptimizer(`${where}: optimizer`, optimizer) };
}

/**
 * The plan of a training step of so many variants.
 * @throws ShapeError; PlanError where a step does not become one dispatch
 */
export function planVariants(
  network: Network,
  options: Omit<TrainingStepOptions, "fuse" | "oneDispatch" | "reuse">,
  variants: number,
  hardware?: Hardware,
): Plan {
  const plan = makePlan("sweep", network, { ...options, fuse: true, oneDispatch: true }, hardware);
  if (plan.resident) return forVariants(plan, variants);
  throw new PlanError({
    where: "sweep",
    got: `a network whose step takes ${plan.steps.length} dispatches`,
    expected: "one so small that its whole step becomes one dispatch",
    remedy: "train the variants one after the other with createTrainer, or take a smaller network or batch",
  });
}
