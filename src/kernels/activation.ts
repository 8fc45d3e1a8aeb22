import type { Activation } from "../model/activation.ts";
import { elementwise, type Kernel } from "./types.ts";

export interface ActivationVariant {
  readonly activation: Activation;
}

/** h = φ(z), elementwise over `[rows, units]`. */
export const activation: Kernel<ActivationVariant, "rows" | "units", "control" | "z" | "h"> = {
  name: "activation",
  dims: ["rows", "units"],
  operands: () => [
    { name: "control", access: "uniform" },
    { name: "z", access: "read" },
    { name: "h", access: "readWrite" },
  ],
  sizes: ({ rows, units }) => ({ z: rows * units, h: rows * units }),
  workgroups: ({ rows, units }) => elementwise(rows * units),
  flops: ({ rows, units }) => rows * units,
};
