import { noTextbookHalf } from "../device/refusals.ts";
import type { Hardware } from "../kernels/tile.ts";
import { checkModel } from "../model/layer.ts";
import { checkOptions } from "../model/options.ts";
import { count } from "../model/schedule.ts";
import { halfPrecision } from "../plan/passes/half-precision.ts";
import { oneDispatch } from "../plan/passes/one-dispatch.ts";
import type { Plan } from "../plan/types.ts";
import { type PlanOptions, type Precision, planBy, type StepOptions } from "./draft.ts";
import { checkLoss, type Network, resolveNetwork } from "./network.ts";

export type { PlanOptions, Precision };

/**
 * The plan of a training step, as `createTrainer` makes it; needs no GPU and no data.
 * @param hardware the device that the products are shared out for; one of which nothing is known if left out
 * @throws ModelError, ShapeError, DataError
 */
export function planTraining(options: PlanOptions, hardware?: Hardware): Plan {
  const where = "planTraining";
  checkOptions(
    where,
    options,
    "model loss optimizer inputs rows",
    "batch precision",
    "bytes shuffle fuse oneDispatch reuse",
  );
  const { model, loss, inputs, rows } = options;
  checkModel(`${where}: model`, model);
  checkLoss(loss);
  count(where, "rows", rows, 1);
  return makePlan(where, resolveNetwork(model, inputs, loss), options, hardware);
}

/**
 * The plan of a network's training step.
 * @param where the call, for messages
 * @throws ModelError, DataError
 */
export function makePlan(where: string, network: Network, options: StepOptions, hardware?: Hardware): Plan {
  if (options.precision === "f16" && options.fuse === false) throw noTextbookHalf(where);
  return planBy(where, network, options, hardware, (name, by) => by({ halfPrecision, oneDispatch }[name]));
}
