import { activationFunctions } from "./activation.ts";
import type { Twin } from "./types.ts";

/** dz = dh ⊙ φ′(z). */
export const gradientMultiply: Twin<"gradientMultiply"> = ({ variant, dims, bind }, { control, numbers }) => {
  const { slope } = activationFunctions[variant.activation];
  const [dh, z, h, dz] = [numbers(bind.dh), numbers(bind.z), numbers(bind.h), numbers(bind.dz)];
  for (let i = 0; i < control.rows * dims.units; i++) {
    dz[i] = (dh[i] as number) * slope(z[i] as number, h[i] as number);
  }
};
