import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import type { AdvanceVariant } from "../../src/kernels/advance.ts";
import { LARGEST_LOSS_SCALE, LOSS_SCALE_STEPS, SKIPPED } from "../../src/kernels/control.ts";
import type { Decay } from "../../src/model/optimizer.ts";
import type { Schedule } from "../../src/model/schedule.ts";

/**
 * `advance()` begins step t in the control block: which rows, which η, which λ̃, Adam's bias corrections 1 − βᵗ by recurrence
 * (a power would be off by 6e-5 on some adapters). Does nothing once the run has halted.
 *
 *     step     η γ^⌊t / every⌋, by recurrence
 *     cosine   η(t + 1)/warmup, then f + (η − f)(1 + cos πx)/2 with x = (t − warmup)/(steps − warmup)
 *
 * With `half` the loss scale is halved after a step that was skipped, and doubled every so many steps otherwise. The bias corrections
 * of a skipped step are those of the next, since they count updates.
 */
export const advanceFunction = ({ schedule, decay, half = false }: AdvanceVariant) => wgsl`
${rates[schedule][1] ?? ""}

fn advance() {
#if ${half}
  let skipped = control.halted == ${SKIPPED}u;
  if (skipped) {
    control.halted = 0u;
    control.lossScale = max(0.5 * control.lossScale, 1.0);
  }
#else
  let skipped = false;
#endif
  if (control.halted != 0u) { return; }
  let t = control.step;
#if ${half}
  if (!skipped && t > 0u && t % ${LOSS_SCALE_STEPS}u == 0u) { control.lossScale = min(2.0 * control.lossScale, ${LARGEST_LOSS_SCALE}.0); }
#endif
  var start = select(control.start + control.rows, 0u, t == 0u);
  if (start == control.dataRows) {
    start = 0u;
    control.epoch++;
  }
  control.step = t + 1u;
  control.start = start;
  control.rows = min(control.batch, control.dataRows - start);
  control.decay = ${decays[decay]};
  if (!skipped) {
    control.correction1 = control.beta1 * control.correction1 + control.rest1;
    control.correction2 = control.beta2 * control.correction2 + control.rest2;
  }
${rates[schedule][0]}
}
`;

/** λ̃ as an expression. */
const decays: Readonly<Record<Decay, string>> = {
  "per-batch": "control.weightDecay",
  "per-step": "control.weightDecay * f32(control.rows)",
};

/** Statements that set η of step t, and a function that they call. */
const rates: Readonly<Record<Schedule["kind"], readonly [statements: string, declaration?: string]>> = {
  constant: ["  control.learningRate = control.baseLearningRate;"],
  step: [
    `  if (t == 0u) {
    control.learningRate = control.baseLearningRate;
  } else if (t % control.scheduleSteps == 0u) {
    control.learningRate *= control.scheduleValue;
  }`,
  ],
  cosine: [
    `  if (t < control.warmup) {
    control.learningRate = control.baseLearningRate * f32(t + 1u) / f32(control.warmup);
  } else if (t < control.scheduleSteps) {
    let x = f32(t - control.warmup) / f32(control.scheduleSteps - control.warmup);
    control.learningRate = control.scheduleValue + 0.5 * (control.baseLearningRate - control.scheduleValue) * (1.0 + cosPi(x));
  } else {
    control.learningRate = control.scheduleValue;
  }`,
    `/** cos πx for x in [0, 1] as −sin π(x − ½), by Taylor's series: the built-in need only be right to 5e-4. */
fn cosPi(x: f32) -> f32 {
  let a = 3.14159265358979 * (x - 0.5);
  let s = a * a;
  return -a * (1.0 + s * (-1.66666667e-1 + s * (8.33333333e-3 + s * (-1.98412698e-4 + s * (2.75573192e-6 - s * 2.50521084e-8)))));
}`,
  ],
};
