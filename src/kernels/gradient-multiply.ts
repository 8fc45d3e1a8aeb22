import type { Activation } from "../model/activation.ts";
import { elementwise, type Kernel } from "./types.ts";

export interface GradientMultiplyVariant {
  readonly activation: Activation;
}

/** dz = dh ⊙ φ′(z), elementwise over `[rows, units]`. */
export const gradientMultiply: Kernel<GradientMultiplyVariant, "rows" | "units", "control" | "dh" | "z" | "h" | "dz"> =
  {
    name: "gradientMultiply",
    dims: ["rows", "units"],
    operands: () => [
      { name: "control", access: "uniform" },
      { name: "dh", access: "read" },
      { name: "z", access: "read" },
      { name: "h", access: "read" },
      { name: "dz", access: "readWrite" },
    ],
    sizes: ({ rows, units }) => ({ dh: rows * units, z: rows * units, h: rows * units, dz: rows * units }),
    workgroups: ({ rows, units }) => elementwise(rows * units),
    flops: ({ rows, units }) => 3 * rows * units,
  };
