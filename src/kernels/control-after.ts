import type { Schedule } from "../model/schedule.ts";
import { type ControlValues, controlFields, HALTED } from "./control.ts";

/** How a training begins, which all that its steps make of the control block follows from. */
export interface Beginning {
  readonly control: ControlValues;
  readonly schedule: Schedule;
}

/** The inverse of `encodeControl`. */
export function decodeControl(words: Uint32Array<ArrayBuffer>): ControlValues {
  const floats = new Float32Array(words.buffer, words.byteOffset, words.length);
  const entries = Object.entries(controlFields).map(([name, type], index) => [
    name,
    (type === "u32" ? words : floats)[index] ?? 0,
  ]);
  return Object.fromEntries(entries) as ControlValues;
}

/**
 * The control block once `step` steps are done, so that the next is step + 1. The learning rate of a step schedule is the
 * product that the GPU forms, in single precision; the bias corrections are the closed form of the GPU's recurrence.
 * @param ahead steps by which the count of epochs is ahead of the steps
 */
export function controlAfter({ control, schedule }: Beginning, step: number, ahead = 0): ControlValues {
  const { dataRows, batch } = control;
  const steps = Math.ceil(dataRows / batch);
  return {
    ...control,
    step,
    epoch: Math.floor((step + ahead) / steps),
    start: ((step + ahead) % steps) * batch,
    // No row of a step before is left to be recorded.
    rows: 0,
    learningRate: rateAfter(schedule, Math.fround(control.baseLearningRate), step),
    correction1: correctionAfter(control.beta1, control.rest1, step),
    correction2: correctionAfter(control.beta2, control.rest2, step),
  };
}

/** η after so many steps, where the next is computed out of it; else what it was at first. */
function rateAfter(schedule: Schedule, first: number, step: number): number {
  switch (schedule.kind) {
    case "constant":
    case "cosine":
      return first;
    case "step": {
      const factor = Math.fround(schedule.factor);
      const drops = Math.floor(Math.max(step - 1, 0) / schedule.every);
      let rate = first;
      for (let i = 0; i < drops; i++) {
        const next = Math.fround(rate * factor);
        // At 0 or infinity, or where a factor next to 1 rounds away: it stays so, however many drops a file tells of.
        if (next === rate) break;
        rate = next;
      }
      return rate;
    }
  }
}

/** c after so many steps of c ← βc + (1 − β), where β and 1 − β are each rounded to float32. */
const correctionAfter = (beta: number, rest: number, step: number): number =>
  (Math.fround(rest) * (1 - Math.fround(beta) ** step)) / (1 - Math.fround(beta));

/** The control block as it was before the step that halted the run, if one did: that step was not applied. */
export function lastApplied(control: ControlValues): ControlValues {
  if ((control.halted & HALTED) === 0) return control;
  const { step, correction1, correction2, beta1, beta2, rest1, rest2 } = control;
  // Backward through c ← βc + (1 − β). Where β is 0, c is 1 after any step.
  const before = (c: number, beta: number, rest: number) => (beta === 0 ? c : Math.max(0, (c - rest) / beta));
  return {
    ...control,
    step: step - 1,
    correction1: before(correction1, beta1, rest1),
    correction2: before(correction2, beta2, rest2),
  };
}
