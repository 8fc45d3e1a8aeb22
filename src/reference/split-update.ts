import { SPLIT_ROWS } from "../kernels/layer-gradient.ts";
import { roundToHalf } from "../model/float16.ts";
import type { Twin } from "./types.ts";
import { stateOf, sumOfSquares, updateElement } from "./update.ts";

/** W and b of a layer updated in place out of the parts of their gradients; the squares' parts are summed into the first. */
export const splitUpdate: Twin<"splitUpdate"> = ({ variant, dims, bind }, memory) => {
  const { control, numbers } = memory;
  const { optimizer, decay, biasDecay } = variant;
  const weights = dims.rows * dims.columns;
  const elements = weights + (variant.bias ? dims.rows : 0);
  const [parts, w] = [numbers(bind.parts), numbers(bind.w)];
  const state = stateOf(optimizer, memory, bind.state);
  const bias = variant.bias ? numbers(bind.bias) : undefined;
  const biasState = bias && stateOf(optimizer, memory, bind.biasState);
  const copy = variant.half ? numbers(bind.copy) : undefined;
  // A step that f16 deltas skip has a penalty all the same.
  if (variant.penalty && (control.halted === 0 || variant.half)) {
    const squares = (decay ? sumOfSquares(w) : 0) + (biasDecay && bias ? sumOfSquares(bias) : 0);
    numbers(bind.squares)[dims.offset] = squares;
  }
  if (control.halted !== 0) return;
  for (let i = 0; i < elements; i++) {
    let g = 0;
    for (let part = 0; part < dims.inner / SPLIT_ROWS; part++) g += parts[part * elements + i] as number;
    if (i < weights) {
      updateElement({ optimizer, decay }, control, w, state, i, g);
      if (copy) copy[i] = roundToHalf(w[i] as number);
    }
    if (bias && biasState && i >= weights)
      updateElement({ optimizer, decay: biasDecay }, control, bias, biasState, i - weights, g);
  }
};
