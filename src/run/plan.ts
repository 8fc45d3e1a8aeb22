import { noTextbookHalf } from "../device/refusals.ts";
import type { Hardware } from "../kernels/tile.ts";
import type { Model } from "../model/layer.ts";
import type { Loss } from "../model/loss.ts";
import type { Optimizer } from "../model/optimizer.ts";
import { halfPrecision } from "../plan/passes/half-precision.ts";
import { oneDispatch } from "../plan/passes/one-dispatch.ts";
import type { Plan } from "../plan/types.ts";
import { draftPlan, finishPlan, type Precision, rarePassOf, WORKGROUP_BYTES } from "./draft.ts";

export type { Precision };

/** What the plan of a training step follows from. */
export interface PlanOptions {
  readonly model: Model;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  /** Columns of the data. */
  readonly inputs: number;
  /** Rows of the data. */
  readonly rows: number;
  /** Whether the data's inputs are bytes, a quarter of the memory; false if left out. */
  readonly bytes?: boolean;
  /** Rows of a batch; min(32, rows) if left out. */
  readonly batch?: number;
  /** Whether each epoch takes the rows in a new order; true if left out. */
  readonly shuffle?: boolean;
  /** Whether the textbook's steps are joined into few dispatches; true if left out. */
  readonly fuse?: boolean;
  /** Whether a step that is small enough becomes one dispatch; true if left out. */
  readonly oneDispatch?: boolean;
  /** Whether deltas share memory where that saves much; true if left out. */
  readonly reuse?: boolean;
  /** What activations and deltas are stored as; `"f32"` if left out. With `"f16"` no step becomes one dispatch. */
  readonly precision?: Precision;
}

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
