import type { Numbers, Twin } from "./types.ts";

/** The update of one parameter in place. */
export const weightUpdate: Twin<"weightUpdate"> = ({ variant, dims, bind }, { control, numbers }) => {
  if (control.halted !== 0) return;
  const { optimizer, decay } = variant;
  const { rows, learningRate: rate } = control;
  const [g, parameter] = [numbers(bind.g), numbers(bind.parameter)];
  const v = optimizer === "sgd" ? undefined : numbers(bind.v);
  const m = optimizer === "adam" || optimizer === "adamw" ? numbers(bind.m) : undefined;
  const at = (values: Numbers | undefined, i: number) => values?.[i] ?? 0;
  for (let i = 0; i < dims.elements; i++) {
    let w = at(parameter, i);
    const coupled = decay && optimizer !== "adamw" ? control.decay * w : 0;
    const mean = (at(g, i) + coupled) / rows;
    if (v === undefined) {
      w = (1 - (decay ? (rate * control.decay) / rows : 0)) * w - (rate / rows) * at(g, i);
    } else if (m === undefined) {
      v[i] = control.momentum * at(v, i) + mean;
      w -= rate * at(v, i);
    } else {
      if (decay && optimizer === "adamw") w *= 1 - (rate * control.decay) / rows;
      m[i] = control.beta1 * at(m, i) + (1 - control.beta1) * mean;
      v[i] = control.beta2 * at(v, i) + (1 - control.beta2) * mean * mean;
      w -= (rate * (at(m, i) / control.correction1)) / (Math.sqrt(at(v, i) / control.correction2) + control.epsilon);
    }
    parameter[i] = w;
  }
};
