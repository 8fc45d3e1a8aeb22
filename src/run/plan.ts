import { noTextbookHalf } from "../device/refusals.ts";
import type { Hardware } from "../kernels/tile.ts";
import { checkModel } from "../model/layer.ts";
import { checkOptimizer } from "../model/optimizer.ts";
import { checkOptions } from "../model/options.ts";
import { count } from "../model/schedule.ts";
import { halfPrecision } from "../plan/passes/half-precision.ts";
import { oneDispatch } from "../plan/passes/one-dispatch.ts";
import { reuse } from "../plan/passes/reuse.ts";
import type { Plan } from "../plan/types.ts";
import { draftPlan, type PlanOptions, type Precision, type RarePasses, type TrainingStepOptions } from "./draft.ts";
import { readingWhole } from "./faults.ts";
import { checkLoss, type Network, resolveNetwork } from "./network.ts";

export type { PlanOptions, Precision };

const rarePasses: RarePasses = { halfPrecision, oneDispatch, reuse: (plan) => reuse(plan) };

/**
 * The plan of a training step, as `createTrainer` makes it; needs no GPU and no data.
 * @param hardware the device that the products are shared out for; one of which nothing is known if left out
 * @throws ModelError, ShapeError
 */
export const planTraining = (options: PlanOptions, hardware?: Hardware): Plan =>
  readingWhole("planTraining", () => plan("planTraining", options, hardware));

function plan(where: string, options: PlanOptions, hardware: Hardware | undefined): Plan {
  const given = checkOptions(where, options, {
    model: 1,
    loss: 1,
    optimizer: 1,
    inputs: 1,
    rows: 1,
    batch: 0,
    precision: 0,
    bytes: 2,
    shuffle: 2,
    fuse: 2,
    oneDispatch: 2,
    reuse: 2,
  });
  const { loss, inputs, rows } = given;
  const model = checkModel(`${where}: model`, given.model);
  const optimizer = checkOptimizer(`${where}: optimizer`, given.optimizer);
  checkLoss(loss);
  count(where, "rows", rows, 1);
  return makePlan(where, resolveNetwork(model, inputs, loss), { ...given, optimizer }, hardware);
}

/**
 * The plan of a network's training step.
 * @param where the call, for messages
 * @throws ModelError; Unfit for a ShapeError
 */
export function makePlan(where: string, network: Network, options: TrainingStepOptions, hardware?: Hardware): Plan {
  if (options.precision === "f16" && options.fuse === false) throw noTextbookHalf(where);
  const { plan, passes } = draftPlan(where, network, options, hardware);
  return passes.reduce((one, name) => rarePasses[name](one, hardware), plan);
}
