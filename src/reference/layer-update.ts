import type { Twin } from "./types.ts";
import { sumOfSquares, updateElement } from "./update.ts";

/** W and b of a layer updated in place; the squares' parts are summed into the first. */
export const layerUpdate: Twin<"layerUpdate"> = ({ variant, dims, bind }, { control, numbers }) => {
  if (control.halted !== 0) return;
  const { optimizer, decay, biasDecay } = variant;
  const { rows, columns, offset } = dims;
  const [dz, x, w] = [numbers(bind.dz), numbers(bind.x), numbers(bind.w)];
  const state = optimizer === "sgd" ? undefined : numbers(bind.state);
  const bias = variant.bias ? numbers(bind.bias) : undefined;
  const biasState = variant.bias && optimizer !== "sgd" ? numbers(bind.biasState) : undefined;
  const order = variant.gather ? numbers(bind.order) : undefined;
  if (variant.penalty) {
    const squares = (decay ? sumOfSquares(w) : 0) + (biasDecay && bias ? sumOfSquares(bias) : 0);
    numbers(bind.squares)[offset] = squares;
  }
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let k = 0; k < control.rows; k++) {
        sum += (dz[k * rows + i] as number) * (x[(order?.[k] ?? k) * columns + j] as number);
      }
      updateElement({ optimizer, decay }, control, w, state, i * columns + j, sum);
    }
    if (bias === undefined) continue;
    let sum = 0;
    for (let k = 0; k < control.rows; k++) sum += dz[k * rows + i] as number;
    updateElement({ optimizer, decay: biasDecay }, control, bias, biasState, i, sum);
  }
};
