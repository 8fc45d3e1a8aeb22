import type { AdvanceVariant } from "../kernels/advance.ts";
import type { ControlValues } from "../kernels/control.ts";
import type { Twin } from "./types.ts";

/** Begins step t. */
export function advanceControl(variant: AdvanceVariant, control: ControlValues): void {
  if (control.halted !== 0) return;
  const t = control.step;
  const steps = Math.ceil(control.dataRows / control.batch);
  control.step = t + 1;
  control.epoch = Math.floor(t / steps);
  control.start = (t % steps) * control.batch;
  control.rows = Math.min(control.batch, control.dataRows - control.start);
  control.decay = variant.decay === "per-step" ? control.weightDecay * control.rows : control.weightDecay;
  control.correction1 = control.beta1 * control.correction1 + control.rest1;
  control.correction2 = control.beta2 * control.correction2 + control.rest2;
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
