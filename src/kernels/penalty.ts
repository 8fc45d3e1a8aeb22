import { PENALTY_CHUNK } from "./chunks.ts";
import { grid, type Kernel, operandsOf } from "./types.ts";

export { PENALTY_CHUNK };

/** Parts into which ‖W‖² of so many elements is summed. */
export const penaltyParts = (elements: number): number => Math.ceil(elements / PENALTY_CHUNK);

/** ‖W‖² in parts: `w [elements]` → `squares [offset … offset + parts)`. */
export const penalty: Kernel<Record<never, never>, "elements" | "offset", "w" | "squares"> = {
  dims: ["elements", "offset"],
  operands: () => operandsOf(["w", "read", "f32"], ["squares", "readWrite", "f32"]),
  sizes: ({ elements, offset }) => ({ w: elements, squares: offset + penaltyParts(elements) }),
  workgroups: ({ elements }) => grid(penaltyParts(elements)),
  flops: ({ elements }) => 2 * elements,
};
