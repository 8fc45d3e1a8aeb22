import type { Optimizer } from "../model/optimizer.ts";
import type { Schedule } from "../model/schedule.ts";

/**
 * The control block: everything that changes from step to step, and the numbers that a user may change without a new plan.
 * It lives on the GPU, so that the recorded calls are the same for every step. Words of 32 bits, in this order.
 */
export const controlFields = {
  /** Steps begun, the running one included: t. */
  step: "u32",
  /** Epoch of the running step, counted from 0; after a load that of the next. */
  epoch: "u32",
  /** Position of the batch's first row in the epoch's order. The next step goes on `rows` behind it, or begins the next epoch. */
  start: "u32",
  /** Actual rows of the batch, |B|. */
  rows: "u32",
  /**
   * `HALTED` once a step's objective was not finite: nothing is updated from then on, and with `RECORDED` its line of the ring stays;
   * `SKIPPED` while one step is left out.
   */
  halted: "u32",
  /** η of the running step. */
  learningRate: "f32",
  /** λ̃: λ, or λ|B| for the per-step decay. */
  decay: "f32",
  /** 1 − β₁ᵗ, by recurrence. */
  correction1: "f32",
  /** 1 − β₂ᵗ, by recurrence. */
  correction2: "f32",
  /** Rows of the data set. */
  dataRows: "u32",
  /** Rows of a full batch. */
  batch: "u32",
  /** Seed of the order of the rows. */
  seed: "u32",
  /** η as the user gave it. */
  baseLearningRate: "f32",
  /** λ. */
  weightDecay: "f32",
  /** μ. */
  momentum: "f32",
  beta1: "f32",
  beta2: "f32",
  epsilon: "f32",
  /** Schedule "step": steps between two drops; "cosine": the step at which it ends. */
  scheduleSteps: "u32",
  /** Schedule "step": factor γ; "cosine": the last learning rate. */
  scheduleValue: "f32",
  /** Schedule "cosine": steps of warm-up. */
  warmup: "u32",
  /** 1 − β₁ and 1 − β₂, rounded once: out of a rounded β₂ the latter would be off by 5e-5. */
  rest1: "f32",
  rest2: "f32",
  /** S, by which f16 deltas are multiplied: a power of two. Training in f32 does not use it. */
  lossScale: "f32",
} as const;

/** Bits of `halted`. */
export const HALTED = 1;
export const SKIPPED = 2;
export const RECORDED = 4;

/**
 * The loss scale before the first step. Deltas of a loss per sample are around 1 at first: this leaves room for some that are 60
 * times as large, and those down to 6e-8 are held without loss of digits.
 */
export const INITIAL_LOSS_SCALE = 1024;

/** The largest loss scale, and the steps between two attempts to double it; the least is 1. */
export const LARGEST_LOSS_SCALE = 65_536;
export const LOSS_SCALE_STEPS = 1000;

export type ControlField = keyof typeof controlFields;

export const controlNames = Object.keys(controlFields) as ControlField[];

/** Size of the control block in 32-bit words. */
export const CONTROL_WORDS = controlNames.length;

export type ControlValues = Record<ControlField, number>;

/** Options of a run that the control block holds. */
export interface ControlOptions {
  readonly optimizer: Optimizer;
  readonly dataRows: number;
  readonly batch: number;
  readonly seed: number;
}

/** The control block before the first step. */
export function initialControl({ optimizer, dataRows, batch, seed }: ControlOptions): ControlValues {
  const { schedule, weightDecay } = optimizer;
  const { learningRate } = schedule;
  const values = Object.fromEntries(controlNames.map((name) => [name, 0])) as ControlValues;
  const rows = Math.min(batch, dataRows);
  const given = { rows, learningRate, dataRows, batch, seed, baseLearningRate: learningRate, weightDecay };
  return { ...values, ...given, ...rates(optimizer), ...scheduleFields(schedule), lossScale: INITIAL_LOSS_SCALE };
}

function rates(optimizer: Optimizer): Partial<ControlValues> {
  if (optimizer.kind === "sgd") return { momentum: optimizer.momentum };
  const { beta1, beta2, epsilon } = optimizer;
  return { beta1, beta2, epsilon, rest1: 1 - beta1, rest2: 1 - beta2 };
}

function scheduleFields(schedule: Schedule): Partial<ControlValues> {
  switch (schedule.kind) {
    case "constant":
      return {};
    case "step":
      return { scheduleSteps: schedule.every, scheduleValue: schedule.factor };
    case "cosine": {
      const { steps, finalLearningRate, warmup } = schedule;
      return { scheduleSteps: steps, scheduleValue: finalLearningRate, warmup };
    }
  }
}

/** The control block as bytes for the GPU; 0 where a number is left out. */
export function encodeControl(values: Partial<ControlValues>): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(CONTROL_WORDS);
  const floats = new Float32Array(words.buffer);
  controlNames.forEach((name, index) => {
    (controlFields[name] === "u32" ? words : floats)[index] = values[name] ?? 0;
  });
  return words;
}

/** Words of one record in the ring of metrics. */
export const RECORD_WORDS = 8;

/** Records that the ring holds: the most steps between two copies to the CPU. */
export const RING_RECORDS = 1024;

/** Records of the ring of a network that takes whole steps in one dispatch: a copy takes some runtimes as long as thousands of its steps. */
export const LONG_RING_RECORDS = 2048;
