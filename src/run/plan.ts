import { noTextbookHalf } from "../device/refusals.ts";
import type { Hardware } from "../kernels/tile.ts";
import { halfPrecision } from "../plan/passes/half-precision.ts";
import { oneDispatch } from "../plan/passes/one-dispatch.ts";
import type { Plan } from "../plan/types.ts";
import { draftPlan, finishPlan, type PlanOptions, type Precision, rarePassOf, WORKGROUP_BYTES } from "./draft.ts";

export type { PlanOptions, Precision };

/**
 * The plan of a training step, as `createTrainer` makes it; needs no GPU and no data.
 * @param hardware the device that the products are shared out for; one of which nothing is known if left out
 * @throws ModelError, ShapeError, DataError
 */
export function planTraining(options: PlanOptions, hardware?: Hardware): Plan {
  const draft = draftPlan(options, hardware);
  if (options.precision === "f16" && options.fuse === false) throw noTextbookHalf();
  const pass = rarePassOf(draft, options);
  return finishPlan(pass ? { halfPrecision, oneDispatch }[pass](draft, WORKGROUP_BYTES, hardware) : draft, options);
}
