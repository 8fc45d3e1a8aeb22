import { SPLIT_ROWS } from "../kernels/layer-gradient.ts";
import type { Twin } from "./types.ts";

/** gW = dzᵀ x and gb = Σ dz, a part of the batch after the other. */
export const layerGradient: Twin<"layerGradient"> = ({ variant, dims, bind }, { control, numbers }) => {
  const { rows, inner, columns } = dims;
  const [dz, x, parts] = [numbers(bind.dz), numbers(bind.x), numbers(bind.parts)];
  const order = variant.gather ? numbers(bind.order) : undefined;
  const scale = variant.half ? control.lossScale : 1;
  const elements = rows * (columns + (variant.bias ? 1 : 0));
  for (let from = 0; from < inner; from += SPLIT_ROWS) {
    const to = Math.min(control.rows, from + SPLIT_ROWS);
    const start = (from / SPLIT_ROWS) * elements;
    const sum = (term: (k: number) => number) => {
      let total = 0;
      for (let k = from; k < to; k++) total += term(k);
      return total / scale;
    };
    for (let i = 0; i < rows; i++) {
      const delta = (k: number) => dz[k * rows + i] as number;
      for (let j = 0; j < columns; j++) {
        parts[start + i * columns + j] = sum((k) => delta(k) * (x[(order?.[k] ?? k) * columns + j] as number));
      }
      if (variant.bias) parts[start + rows * columns + i] = sum(delta);
    }
  }
};
