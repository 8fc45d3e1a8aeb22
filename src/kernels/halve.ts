import { elementwise, type Kernel, operandsOf } from "./types.ts";

/** An f16 copy of a parameter. */
export const halve: Kernel<Record<never, never>, "elements", "parameter" | "copy"> = {
  dims: ["elements"],
  operands: () => operandsOf(["parameter", "read", "f32"], ["copy", "readWrite", "f16"]),
  sizes: ({ elements }) => ({ parameter: elements, copy: elements }),
  workgroups: ({ elements }) => elementwise(elements),
  flops: () => 0,
};
