import { DataError } from "../errors.ts";
import type { Hardware } from "../kernels/tile.ts";
import type { Model } from "../model/layer.ts";
import type { Loss } from "../model/loss.ts";
import { checkOptimizer, type Optimizer } from "../model/optimizer.ts";
import { checkOptions, checkWord, refuse, show } from "../model/options.ts";
import { count } from "../model/schedule.ts";
import { buildTrainPlan } from "../plan/build.ts";
import { fuse } from "../plan/passes/fuse.ts";
import { halfPrecision } from "../plan/passes/half-precision.ts";
import { oneDispatch } from "../plan/passes/one-dispatch.ts";
import { reuse } from "../plan/passes/reuse.ts";
import type { Plan } from "../plan/types.ts";
import { resolveNetwork } from "./network.ts";

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

/** Types that activations and deltas can be stored as. */
export const precisions = ["f32", "f16"] as const;
export type Precision = (typeof precisions)[number];

/** `maxComputeWorkgroupStorageSize` that every WebGPU device has. */
const WORKGROUP_BYTES = 16_384;

/**
 * The plan of a training step, as `createTrainer` makes it; needs no GPU and no data.
 * @param hardware the device that the products are shared out for; one of which nothing is known if left out
 * @throws ModelError, ShapeError, DataError
 */
export function planTraining(options: PlanOptions, hardware?: Hardware): Plan {
  checkOptions(
    "planTraining",
    options,
    "model loss optimizer inputs rows",
    "bytes batch shuffle precision fuse oneDispatch reuse",
  );
  const { model, loss, optimizer, inputs, rows, bytes, shuffle = true } = options;
  checkOptimizer("optimizer", optimizer);
  const half = checkPrecision(options) === "f16";
  const { layers } = resolveNetwork(model, inputs, loss);
  count("data", "rows", rows, 1);
  const batch = checkBatch(options.batch, rows);
  const textbook = buildTrainPlan({ layers, loss, batch, optimizer, dataRows: rows, shuffle, bytes, hardware });
  if (options.fuse === false) return textbook;
  const fused = fuse(textbook);
  const whole = half
    ? halfPrecision(fused)
    : options.oneDispatch === false
      ? fused
      : oneDispatch(fused, WORKGROUP_BYTES, hardware);
  return options.reuse === false ? whole : reuse(whole);
}

/** @throws ModelError */
function checkPrecision({ precision = "f32", fuse }: PlanOptions): Precision {
  checkWord("createTrainer", "precision ", precision, precisions);
  if (precision === "f16" && fuse === false) {
    refuse(
      "createTrainer",
      'precision "f16" with fuse: false',
      "the fused plan, as the textbook's steps are all f32",
      "leave out one of the two",
    );
  }
  return precision;
}

function checkBatch(batch: number | undefined, rows: number): number {
  if (batch === undefined) return Math.min(32, rows);
  if (!(Number.isSafeInteger(batch) && batch > 0)) {
    refuse("createTrainer", `batch ${show(batch)}`, "a whole number of at least 1", "set batch to the rows of a step");
  }
  if (batch <= rows) return batch;
  throw new DataError({
    where: "createTrainer",
    got: `batch ${batch}`,
    expected: `at most ${rows}, the rows of the data`,
    remedy: "take a smaller batch or more rows",
  });
}
