import type { Activation } from "../model/activation.ts";
import { elementwise, type Kernel, operandsOf } from "./types.ts";

export interface ActivationVariant {
  readonly activation: Activation;
}

/** h = φ(z), elementwise over `[rows, units]`. */
export const activation: Kernel<ActivationVariant, "rows" | "units", "control" | "z" | "h"> = {
  dims: ["rows", "units"],
  operands: () => operandsOf(["control", "uniform", "control"], ["z", "read", "f32"], ["h", "readWrite", "f32"]),
  sizes: ({ rows, units }) => ({ z: rows * units, h: rows * units }),
  workgroups: ({ rows, units }) => elementwise(rows * units),
  flops: ({ rows, units }) => rows * units,
};
