import { HALTED } from "../kernels/control.ts";
import type { Loss } from "../model/loss.ts";
import { activationFunctions } from "./activation.ts";
import { storedDelta } from "./half.ts";
import type { Numbers, Twin } from "./types.ts";

/** Scores (ℓ, hit) and ∂ℓ/∂o of each row. */
export const loss: Twin<"loss"> = ({ variant, dims, bind }, { control, numbers }) => {
  const [o, y, scores] = [numbers(bind.o), numbers(bind.y), numbers(bind.scores)];
  // In double precision until it is stored: ∂ℓ/∂o is not rounded before its slope and scale.
  const stored = variant.delta ? numbers(bind.do) : undefined;
  const delta = variant.half && stored ? new Float64Array(stored.length) : stored;
  const row = rowLoss[variant.loss];
  const order = variant.gather ? numbers(bind.order) : undefined;
  for (let i = 0; i < control.rows; i++) {
    const { loss, hit } = row(o, y, i, dims.columns, delta, order?.[i]);
    scores.set([loss, hit], 2 * i);
    if (delta && !Number.isFinite(Math.fround(loss * control.rows))) control.halted |= HALTED;
  }
  if (!delta || !stored || (variant.slope === "identity" && !variant.half)) return;
  const { slope } = activationFunctions[variant.slope];
  for (let i = 0; i < control.rows * dims.columns; i++) {
    const value = (delta[i] as number) * slope(o[i] as number, o[i] as number);
    stored[i] = variant.half ? storedDelta(control, control.lossScale * value) : value;
  }
};

type RowLoss = (
  o: Numbers,
  y: Numbers,
  i: number,
  columns: number,
  delta: Numbers | undefined,
  /** Its row of y, `i` if left out. */
  target?: number,
) => { readonly loss: number; readonly hit: number };

/** ½ Σⱼ (oⱼ − yⱼ)². */
const halfSquaredError: RowLoss = (o, y, i, columns, delta, target = i) => {
  let sum = 0;
  for (let j = 0; j < columns; j++) {
    const difference = (o[i * columns + j] as number) - (y[target * columns + j] as number);
    sum += difference * difference;
    if (delta) delta[i * columns + j] = difference;
  }
  return { loss: sum / 2, hit: 0 };
};

/** m + log Σⱼ exp(oⱼ − m) − o_y. */
const softmaxCrossEntropy: RowLoss = (o, y, i, columns, delta, target = i) => {
  const first = i * columns;
  const label = y[target] as number;
  let best = 0;
  for (let j = 1; j < columns; j++) if ((o[first + j] as number) > (o[first + best] as number)) best = j;
  const largest = o[first + best] as number;
  let total = 0;
  for (let j = 0; j < columns; j++) total += Math.exp((o[first + j] as number) - largest);
  if (delta) {
    for (let j = 0; j < columns; j++) {
      delta[first + j] = Math.exp((o[first + j] as number) - largest) / total - (j === label ? 1 : 0);
    }
  }
  return { loss: Math.log(total) + (largest - (o[first + label] as number)), hit: best === label ? 1 : 0 };
};

/** The losses by name. */
export const rowLoss: Readonly<Record<Loss, RowLoss>> = { halfSquaredError, softmaxCrossEntropy };
