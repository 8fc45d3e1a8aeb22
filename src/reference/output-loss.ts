import { HALTED } from "../kernels/control.ts";
import { takesClasses } from "../model/loss.ts";
import { activationFunctions } from "./activation.ts";
import { storedDelta } from "./half.ts";
import { rowLoss } from "./loss.ts";
import type { Twin } from "./types.ts";

/** The last layer, the loss and its delta. */
export const outputLoss: Twin<"outputLoss"> = ({ variant, dims, bind }, { control, numbers }) => {
  const { activation, loss, units, delta, half = false } = variant;
  const { value, slope } = activationFunctions[activation];
  const { inner } = dims;
  const [x, w, y, scores] = [numbers(bind.x), numbers(bind.w), numbers(bind.y), numbers(bind.scores)];
  const bias = variant.bias ? numbers(bind.bias) : undefined;
  const order = numbers(bind.order);
  const dz = delta ? numbers(bind.dz) : undefined;
  const z = new Float64Array(units);
  const o = new Float64Array(units);
  const d = new Float64Array(units);
  for (let i = 0; i < control.rows; i++) {
    const row = order[i] as number;
    const first = (variant.gather ? row : i) * inner;
    for (let j = 0; j < units; j++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += (x[first + k] as number) * (w[j * inner + k] as number);
      z[j] = sum + (bias?.[j] ?? 0);
      o[j] = value(z[j] as number);
    }
    const target = takesClasses[loss] ? y.subarray(row, row + 1) : y.subarray(row * units, (row + 1) * units);
    const score = rowLoss[loss](o, target, 0, units, d);
    scores.set([score.loss, score.hit], 2 * i);
    if (dz === undefined) continue;
    for (let j = 0; j < units; j++) {
      const value = (d[j] as number) * slope(z[j] as number, o[j] as number);
      dz[i * units + j] = half ? storedDelta(control, control.lossScale * value) : value;
    }
    if (!Number.isFinite(Math.fround(score.loss * control.rows))) control.halted |= HALTED;
  }
};
