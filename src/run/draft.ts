import type { Hardware } from "../kernels/tile.ts";
import type { Model } from "../model/layer.ts";
import type { Loss } from "../model/loss.ts";
import type { Optimizer } from "../model/optimizer.ts";
import { checkWord } from "../model/options.ts";
import { count } from "../model/schedule.ts";
import { buildTrainPlan } from "../plan/build.ts";
import { isSmall } from "../plan/flops.ts";
import { LEAST_SAVED, mostSaved } from "../plan/memory.ts";
import { fuse } from "../plan/passes/fuse.ts";
import type { Plan } from "../plan/types.ts";
import type { Network } from "./network.ts";
import { unfit } from "./unfit.ts";

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

/** What the plan of a network follows from besides its sizes. */
export type TrainingStepOptions = Omit<PlanOptions, "model" | "loss" | "inputs">;

/** A pass that few plans go through: core.js loads it, with its shaders, when one does. */
type RarePass = (plan: Plan, hardware?: Hardware) => Plan;

const rarePasses = {
  halfPrecision: async (): Promise<RarePass> => (await import("../plan/passes/half-precision.ts")).halfPrecision,
  oneDispatch: async (): Promise<RarePass> => (await import("../plan/passes/one-dispatch.ts")).oneDispatch,
  reuse: async (): Promise<RarePass> => {
    const { reuse } = await import("../plan/passes/reuse.ts");
    return (plan) => reuse(plan);
  },
};
export type RarePasses = Readonly<Record<keyof typeof rarePasses, RarePass>>;

/** A plan, and what it still goes through. */
export interface Draft {
  readonly plan: Plan;
  /** In the only order that they may have. */
  readonly passes: readonly (keyof RarePasses)[];
}

/**
 * The textbook plan of a network's training step, fused unless it is to stay as it is.
 * @param where the call, for messages
 * @param options of which the optimizer was checked
 * @throws ModelError; Unfit for a ShapeError
 */
export function draftPlan(
  where: string,
  { layers, loss }: Network,
  { optimizer, rows, bytes, batch, shuffle = true, precision = "f32", ...passes }: TrainingStepOptions,
  hardware: Hardware | undefined,
): Draft {
  checkWord(where, "precision ", precision, precisions);
  const sizes = { batch: checkBatch(where, batch, rows), dataRows: rows };
  const textbook = buildTrainPlan({ layers, loss, optimizer, shuffle, bytes, hardware, ...sizes });
  if (passes.fuse === false) return { plan: textbook, passes: [] };
  const plan = fuse(textbook);
  const rare: (keyof RarePasses)[] = [];
  if (precision === "f16") rare.push("halfPrecision");
  else if (passes.oneDispatch !== false && isSmall(plan)) rare.push("oneDispatch");
  if (passes.reuse !== false && mostSaved(plan) >= LEAST_SAVED) rare.push("reuse");
  return { plan, passes: rare };
}

/** As `makePlan`, but what few plans need is loaded only for those. @throws ModelError; Unfit for a ShapeError */
export async function loadPlan(
  where: string,
  network: Network,
  options: TrainingStepOptions,
  hardware: Hardware,
): Promise<Plan> {
  const { plan, passes } = draftPlan(where, network, options, hardware);
  const loaded = await Promise.all(passes.map((name) => rarePasses[name]()));
  return loaded.reduce((one, pass) => pass(one, hardware), plan);
}

function checkBatch(where: string, batch: number | undefined, rows: number): number {
  if (batch === undefined) return Math.min(32, rows);
  count(where, "batch", batch, 1);
  if (batch <= rows) return batch;
  unfit("largeBatch", where, batch, rows);
}
