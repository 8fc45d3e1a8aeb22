import { elementwise, type Kernel } from "./types.ts";

/** dW = gW + λ̃W, elementwise. */
export const decayGradient: Kernel<Record<never, never>, "elements", "control" | "g" | "w" | "d"> = {
  name: "decayGradient",
  dims: ["elements"],
  operands: () => [
    { name: "control", access: "uniform" },
    { name: "g", access: "read" },
    { name: "w", access: "read" },
    { name: "d", access: "readWrite" },
  ],
  sizes: ({ elements }) => ({ g: elements, w: elements, d: elements }),
  workgroups: ({ elements }) => elementwise(elements),
  flops: ({ elements }) => 2 * elements,
};
