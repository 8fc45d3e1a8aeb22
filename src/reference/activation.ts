import type { Activation } from "../model/activation.ts";
import type { Twin } from "./types.ts";

/** φ(z) and φ′(z), the slope out of z and h = φ(z). */
export const activationFunctions: Readonly<
  Record<Activation, { readonly value: (z: number) => number; readonly slope: (z: number, h: number) => number }>
> = {
  identity: { value: (z) => z, slope: () => 1 },
  relu: { value: (z) => (z < 0 ? 0 : z), slope: (z) => (z > 0 ? 1 : 0) },
  sigmoid: {
    value: (z) => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z))),
    slope: (_, h) => h * (1 - h),
  },
  tanh: { value: Math.tanh, slope: (_, h) => 1 - h * h },
};

/** h = φ(z). */
export const activation: Twin<"activation"> = ({ variant, dims, bind }, { control, numbers }) => {
  const { value } = activationFunctions[variant.activation];
  const [z, h] = [numbers(bind.z), numbers(bind.h)];
  for (let i = 0; i < control.rows * dims.units; i++) h[i] = value(z[i] as number);
};
