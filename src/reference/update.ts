import type { ControlValues } from "../kernels/control.ts";
import type { UpdateVariant } from "../kernels/weight-update.ts";
import { decoupled, type Rule, stateWidths } from "../model/optimizer.ts";
import type { Memory, Numbers } from "./types.ts";

/** Updates element i of a parameter in place out of g = Σ∂ℓ/∂ω; `state` holds v, or m and v side by side. */
export function updateElement(
  { optimizer, decay }: UpdateVariant,
  control: ControlValues,
  parameter: Numbers,
  state: Numbers,
  i: number,
  g: number,
): void {
  const { rows, learningRate } = control;
  const w = parameter[i] as number;
  const mean = (g + (decay && !decoupled[optimizer] ? control.decay * w : 0)) / rows;
  const shrink = decay ? (learningRate * control.decay) / rows : 0;
  parameter[i] = rules[optimizer]({ w, g, mean, shrink, control, state, i });
}

/** The state that an update has bound; empty where the rule keeps none. @throws PlanError */
export const stateOf = (optimizer: Rule, { numbers }: Memory, name: string | undefined): Numbers =>
  stateWidths[optimizer] > 0 ? numbers(name) : new Float64Array();

/** What an update works on. */
interface Updated {
  readonly w: number;
  readonly g: number;
  /** g/|B|, with λ̃w where the decay is part of the gradient. */
  readonly mean: number;
  /** ηλ̃/|B|; 0 where w does not decay. */
  readonly shrink: number;
  readonly control: ControlValues;
  readonly state: Numbers;
  readonly i: number;
}

/** What w becomes by each rule. */
const rules: Readonly<Record<Rule, (updated: Updated) => number>> = {
  sgd: ({ w, g, shrink, control }) => (1 - shrink) * w - (control.learningRate / control.rows) * g,
  momentum: ({ w, mean, control, state, i }) => {
    state[i] = control.momentum * (state[i] as number) + mean;
    return w - control.learningRate * (state[i] as number);
  },
  adam: (updated) => updated.w - adamChange(updated),
  adamw: (updated) => updated.w * (1 - updated.shrink) - adamChange(updated),
};

/** η m̂/(√v̂ + ε). */
function adamChange({ mean, control, state, i }: Updated): number {
  const first = control.beta1 * (state[2 * i] as number) + control.rest1 * mean;
  const second = control.beta2 * (state[2 * i + 1] as number) + control.rest2 * mean * mean;
  state[2 * i] = first;
  state[2 * i + 1] = second;
  const { learningRate, correction1, correction2, epsilon } = control;
  return (learningRate * (first / correction1)) / (Math.sqrt(second / correction2) + epsilon);
}

/** Σω² of a parameter. */
export const sumOfSquares = (values: Numbers): number => {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
};
