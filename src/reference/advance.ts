import type { AdvanceVariant } from "../kernels/advance.ts";
import { type ControlValues, LARGEST_LOSS_SCALE, LOSS_SCALE_STEPS, SKIPPED } from "../kernels/control.ts";
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
  const steps = Math.ceil(control.dataRows / control.batch);
  control.step = t + 1;
  control.epoch = Math.floor(t / steps);
  control.start = (t % steps) * control.batch;
  control.rows = Math.min(control.batch, control.dataRows - control.start);
  control.decay = variant.decay === "per-step" ? control.weightDecay * control.rows : control.weightDecay;
  if (!skipped) {
    control.correction1 = control.beta1 * control.correction1 + control.rest1;
    control.correction2 = control.beta2 * control.correction2 + control.rest2;
  }
  const { baseLearningRate: base, scheduleValue: value, scheduleSteps, warmup } = control;
  if (variant.schedule === "constant") control.learningRate = base;
  else if (variant.schedule === "step") control.learningRate = base * value ** Math.floor(t / scheduleSteps);
  else if (t < warmup) control.learningRate = (base * (t + 1)) / warmup;
  else if (t >= scheduleSteps) control.learningRate = value;
  else {
    const x = (t - warmup) / (scheduleSteps - warmup);
    control.learningRate = value + ((base - value) * (1 + Math.cos(Math.PI * x))) / 2;
  }
}

/** Begins a step in the control block. */
export const advance: Twin<"advance"> = ({ variant }, { control }) => advanceControl(variant, control);
