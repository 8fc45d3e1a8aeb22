import { DataError } from "../errors.ts";
import type { Hardware } from "../kernels/tile.ts";
import type { Model } from "../model/layer.ts";
import type { Loss } from "../model/loss.ts";
import { checkOptimizer, type Optimizer } from "../model/optimizer.ts";
import { checkOptions, checkWord, refuse } from "../model/options.ts";
import { count } from "../model/schedule.ts";
import { buildTrainPlan } from "../plan/build.ts";
import { isSmall } from "../plan/flops.ts";
import { fuse } from "../plan/passes/fuse.ts";
import { reuse } from "../plan/passes/reuse.ts";
import type { Plan } from "../plan/types.ts";
import { resolveNetwork } from "./network.ts";

/** Types that activations and deltas can be stored as. */
const precisions = ["f32", "f16"] as const;
export type Precision = (typeof precisions)[number];

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

/** `maxComputeWorkgroupStorageSize` that every WebGPU device has. */
export const WORKGROUP_BYTES = 16_384;

/** A pass that few plans go through, which `createTrainer` loads, with its shaders, when one does. */
export type RarePass = "halfPrecision" | "oneDispatch";

/** The textbook plan of a training step, fused unless it is to stay as it is. @throws ModelError, ShapeError, DataError */
export function draftPlan(options: PlanOptions, hardware?: Hardware): Plan {
  checkOptions("planTraining", options, {
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
  const { model, loss, inputs, rows, bytes, shuffle = true } = options;
  const optimizer = checkOptimizer("optimizer", options.optimizer);
  checkWord("createTrainer", "precision ", options.precision ?? "f32", precisions);
  const { layers } = resolveNetwork(model, inputs, loss);
  count("data", "rows", rows, 1);
  const batch = checkBatch(options.batch, rows);
  const textbook = buildTrainPlan({ layers, loss, batch, optimizer, dataRows: rows, shuffle, bytes, hardware });
  return options.fuse === false ? textbook : fuse(textbook);
}

/** The pass that a draft goes through, if any. */
export function rarePassOf(draft: Plan, { fuse, precision, oneDispatch }: PlanOptions): RarePass | undefined {
  if (fuse === false) return undefined;
  if (precision === "f16") return "halfPrecision";
  return oneDispatch !== false && isSmall(draft) ? "oneDispatch" : undefined;
}

/** The last pass. */
export const finishPlan = (plan: Plan, options: PlanOptions): Plan =>
  options.fuse === false || options.reuse === false ? plan : reuse(plan);

/** As `planTraining`, but what few plans need is loaded only for those. @throws ModelError, ShapeError, DataError */
export async function loadPlan(options: PlanOptions, hardware: Hardware): Promise<Plan> {
  const draft = draftPlan(options, hardware);
  const pass = rarePassOf(draft, options);
  return finishPlan(pass ? (await passes[pass]())(draft, WORKGROUP_BYTES, hardware) : draft, options);
}

const passes = {
  halfPrecision: async () => (await import("../plan/passes/half-precision.ts")).halfPrecision,
  oneDispatch: async () => (await import("../plan/passes/one-dispatch.ts")).oneDispatch,
};

function checkBatch(batch: number | undefined, rows: number): number {
  if (batch === undefined) return Math.min(32, rows);
  count("createTrainer", "batch", batch, 1);
  if (batch <= rows) return batch;
  refuse(
    "createTrainer",
    `batch ${batch}`,
    `at most ${rows}, the rows of the data`,
    "take a smaller batch or more rows",
    DataError,
  );
}
