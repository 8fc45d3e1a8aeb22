import type { AdvanceVariant } from "../kernels/advance.ts";
import { type ControlValues, LARGEST_LOSS_SCALE, LOSS_SCALE_STEPS, SKIPPED } from "../kernels/control.ts";
import type { Decay } from "../model/optimizer.ts";
import type { Schedule } from "../model/schedule.ts";
import type { Twin } from "./types.ts";

/** Begins step t. */
export function advanceControl(variant: AdvanceVariant, control: ControlValues): void {
  const skipped = variant.half === true && control.halted === SKIPPED;
  if (skipped) {
    control.halted = 0;
    control.lossScale = Math.max(control.lossScale / 2, 1);
  }
  if (control.halted !== 0) return;
  const t = control.step;
  if (variant.half && !skipped && t > 0 && t % LOSS_SCALE_STEPS === 0) {
    control.lossScale = Math.min(2 * control.lossScale, LARGEST_LOSS_SCALE);
  }
  const next = t === 0 ? 0 : control.start + control.rows;
  const isOver = next === control.dataRows;
  control.step = t + 1;
  control.epoch += isOver ? 1 : 0;
  control.start = isOver ? 0 : next;
  control.rows = Math.min(control.batch, control.dataRows - control.start);
  control.decay = decays[variant.decay](control);
  if (!skipped) {
    control.correction1 = control.beta1 * control.correction1 + control.rest1;
    control.correction2 = control.beta2 * control.correction2 + control.rest2;
  }
  control.learningRate = rates[variant.schedule](control, t);
}

/** λ̃. */
const decays: Readonly<Record<Decay, (control: ControlValues) => number>> = {
  "per-batch": ({ weightDecay }) => weightDecay,
  "per-step": ({ weightDecay, rows }) => weightDecay * rows,
};

/** η of step t. */
const rates: Readonly<Record<Schedule["kind"], (control: ControlValues, t: number) => number>> = {
  constant: ({ baseLearningRate }) => baseLearningRate,
  step: ({ baseLearningRate, scheduleValue, scheduleSteps }, t) =>
    baseLearningRate * scheduleValue ** Math.floor(t / scheduleSteps),
  cosine: ({ baseLearningRate: base, scheduleValue: value, scheduleSteps, warmup }, t) => {
    if (t < warmup) return (base * (t + 1)) / warmup;
    if (t >= scheduleSteps) return value;
    const x = (t - warmup) / (scheduleSteps - warmup);
    return value + ((base - value) * (1 + Math.cos(Math.PI * x))) / 2;
  },
};

/** Begins a step in the control block. */
export const advance: Twin<"advance"> = ({ variant }, { control }) => advanceControl(variant, control);
