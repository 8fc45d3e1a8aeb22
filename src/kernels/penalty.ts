import { PENALTY_CHUNK } from "./chunks.ts";
import { grid, type Kernel } from "./types.ts";

export { PENALTY_CHUNK };

/** Parts into which ‖W‖² of so many elements is summed. */
export const penaltyParts = (elements: number): number => Math.ceil(elements / PENALTY_CHUNK);

/** ‖W‖² in parts: `w [elements]` → `squares [offset … offset + parts)`. */
export const penalty: Kernel<Record<never, never>, "elements" | "offset", "w" | "squares"> = {
  name: "penalty",
  dims: ["elements", "offset"],
  operands: () => [
    { name: "w", access: "read" },
    { name: "squares", access: "readWrite" },
  ],
  sizes: ({ elements, offset }) => ({ w: elements, squares: offset + penaltyParts(elements) }),
  workgroups: ({ elements }) => grid(penaltyParts(elements)),
  flops: ({ elements }) => 2 * elements,
};
