import type { Activation } from "../model/activation.ts";
import { elementwise, type Kernel, operandsOf } from "./types.ts";

export interface GradientMultiplyVariant {
  readonly activation: Activation;
}

/** dz = dh ⊙ φ′(z), elementwise over `[rows, units]`. */
export const gradientMultiply: Kernel<GradientMultiplyVariant, "rows" | "units", "control" | "dh" | "z" | "h" | "dz"> =
  {
    dims: ["rows", "units"],
    operands: () =>
      operandsOf(
        ["control", "uniform", "control"],
        ["dh", "read", "f32"],
        ["z", "read", "f32"],
        ["h", "read", "f32"],
        ["dz", "readWrite", "f32"],
      ),
    sizes: ({ rows, units }) => ({ dh: rows * units, z: rows * units, h: rows * units, dz: rows * units }),
    workgroups: ({ rows, units }) => elementwise(rows * units),
    flops: ({ rows, units }) => 3 * rows * units,
  };
