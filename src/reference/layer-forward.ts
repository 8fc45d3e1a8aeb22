import { type ControlValues, HALTED } from "../kernels/control.ts";
import { LARGEST_HALF, roundToHalf } from "../model/float16.ts";
import { activationFunctions } from "./activation.ts";
import type { Twin } from "./types.ts";

/** h = φ(x Wᵀ + b). */
export const layerForward: Twin<"layerForward"> = ({ variant, dims, bind }, { control, numbers }) => {
  const { value } = activationFunctions[variant.activation];
  const { inner, columns } = dims;
  const [x, w, h] = [numbers(bind.x), numbers(bind.w), numbers(bind.h)];
  const bias = variant.bias ? numbers(bind.bias) : undefined;
  const order = variant.gather ? numbers(bind.order) : undefined;
  for (let i = 0; i < control.rows; i++) {
    const first = (order?.[i] ?? i) * inner;
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += (x[first + k] as number) * (w[j * inner + k] as number);
      const z = sum + (bias?.[j] ?? 0);
      h[i * columns + j] = variant.half === "hidden" ? storedHidden(control, z, value(z)) : value(z);
    }
  }
};

/** φ(z) as f16; out of range, or of a z that is not finite, it halts the run. */
function storedHidden(control: ControlValues, z: number, h: number): number {
  if (!(Number.isFinite(Math.fround(z)) && Math.abs(h) <= LARGEST_HALF)) control.halted |= HALTED;
  return roundToHalf(h);
}
