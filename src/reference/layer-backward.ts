import { activationFunctions } from "./activation.ts";
import { storedDelta } from "./half.ts";
import type { Twin } from "./types.ts";

/** dz⁽ˡ⁻¹⁾ = (dz⁽ˡ⁾ W) ⊙ φ′. */
export const layerBackward: Twin<"layerBackward"> = ({ variant, dims, bind }, { control, numbers }) => {
  const { slope } = activationFunctions[variant.activation];
  const { inner, columns } = dims;
  const [dz, w, h, below] = [numbers(bind.dz), numbers(bind.w), numbers(bind.h), numbers(bind.below)];
  for (let i = 0; i < control.rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += (dz[i * inner + k] as number) * (w[k * columns + j] as number);
      const value = h[i * columns + j] as number;
      const delta = sum * slope(value, value);
      below[i * columns + j] = variant.half ? storedDelta(control, delta) : delta;
    }
  }
};
