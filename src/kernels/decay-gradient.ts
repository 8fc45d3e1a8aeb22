import { elementwise, type Kernel, operandsOf } from "./types.ts";

/** dW = gW + λ̃W, elementwise. */
export const decayGradient: Kernel<Record<never, never>, "elements", "control" | "g" | "w" | "d"> = {
  dims: ["elements"],
  operands: () =>
    operandsOf(
      ["control", "uniform", "control"],
      ["g", "read", "f32"],
      ["w", "read", "f32"],
      ["d", "readWrite", "f32"],
    ),
  sizes: ({ elements }) => ({ g: elements, w: elements, d: elements }),
  workgroups: ({ elements }) => elementwise(elements),
  flops: ({ elements }) => 2 * elements,
};
