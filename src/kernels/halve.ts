import { elementwise, type Kernel } from "./types.ts";

/** An f16 copy of a parameter. */
export const halve: Kernel<Record<never, never>, "elements", "parameter" | "copy"> = {
  name: "halve",
  dims: ["elements"],
  operands: () => [
    { name: "parameter", access: "read" },
    { name: "copy", access: "readWrite" },
  ],
  sizes: ({ elements }) => ({ parameter: elements, copy: elements }),
  workgroups: ({ elements }) => elementwise(elements),
  flops: () => 0,
  extensions: () => ["f16"],
};
