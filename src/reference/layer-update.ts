import { roundToHalf } from "../model/float16.ts";
import type { Twin } from "./types.ts";
import { stateOf, sumOfSquares, updateElement } from "./update.ts";

/** W and b of a layer updated in place; the squares' parts are summed into the first. */
export const layerUpdate: Twin<"layerUpdate"> = ({ variant, dims, bind }, memory) => {
  const { control, numbers } = memory;
  const { optimizer, decay, biasDecay } = variant;
  const { rows, columns, offset } = dims;
  const [dz, x, w] = [numbers(bind.dz), numbers(bind.x), numbers(bind.w)];
  const state = stateOf(optimizer, memory, bind.state);
  const bias = variant.bias ? numbers(bind.bias) : undefined;
  const biasState = bias && stateOf(optimizer, memory, bind.biasState);
  const order = variant.gather ? numbers(bind.order) : undefined;
  const copy = variant.copy ? numbers(bind.copy) : undefined;
  const scale = variant.half ? control.lossScale : 1;
  // A step that f16 deltas skip has a penalty all the same.
  if (variant.penalty && (control.halted === 0 || variant.half)) {
    const squares = (decay ? sumOfSquares(w) : 0) + (biasDecay && bias ? sumOfSquares(bias) : 0);
    numbers(bind.squares)[offset] = squares;
  }
  if (control.halted !== 0) return;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let k = 0; k < control.rows; k++) {
        sum += (dz[k * rows + i] as number) * (x[(order?.[k] ?? k) * columns + j] as number);
      }
      updateElement({ optimizer, decay }, control, w, state, i * columns + j, sum / scale);
      if (copy) copy[i * columns + j] = roundToHalf(w[i * columns + j] as number);
    }
    if (!bias || !biasState) continue;
    let sum = 0;
    for (let k = 0; k < control.rows; k++) sum += dz[k * rows + i] as number;
    updateElement({ optimizer, decay: biasDecay }, control, bias, biasState, i, sum / scale);
  }
};
