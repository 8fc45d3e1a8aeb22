import type { ControlValues } from "../kernels/control.ts";
import type { UpdateVariant } from "../kernels/weight-update.ts";
import type { Numbers } from "./types.ts";

/** Updates element i of a parameter in place out of g = Σ∂ℓ/∂ω; `state` holds v, or m and v side by side. */
export function updateElement(
  { optimizer, decay }: UpdateVariant,
  control: ControlValues,
  parameter: Numbers,
  state: Numbers | undefined,
  i: number,
  g: number,
): void {
  const { rows, learningRate: rate } = control;
  let w = parameter[i] as number;
  const mean = (g + (decay && optimizer !== "adamw" ? control.decay * w : 0)) / rows;
  if (optimizer === "sgd" || state === undefined) {
    w = (1 - (decay ? (rate * control.decay) / rows : 0)) * w - (rate / rows) * g;
  } else if (optimizer === "momentum") {
    state[i] = control.momentum * (state[i] as number) + mean;
    w -= rate * (state[i] as number);
  } else {
    if (decay && optimizer === "adamw") w *= 1 - (rate * control.decay) / rows;
    const first = control.beta1 * (state[2 * i] as number) + control.rest1 * mean;
    const second = control.beta2 * (state[2 * i + 1] as number) + control.rest2 * mean * mean;
    state[2 * i] = first;
    state[2 * i + 1] = second;
    w -= (rate * (first / control.correction1)) / (Math.sqrt(second / control.correction2) + control.epsilon);
  }
  parameter[i] = w;
}

/** Σω² of a parameter. */
export const sumOfSquares = (values: Numbers): number => {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
};
