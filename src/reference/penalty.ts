import { PENALTY_CHUNK } from "../kernels/penalty.ts";
import type { Twin } from "./types.ts";

/** ‖W‖² in parts. */
export const penalty: Twin<"penalty"> = ({ dims, bind }, { numbers }) => {
  const [w, squares] = [numbers(bind.w), numbers(bind.squares)];
  for (let chunk = 0; chunk * PENALTY_CHUNK < dims.elements; chunk++) {
    let sum = 0;
    const end = Math.min((chunk + 1) * PENALTY_CHUNK, dims.elements);
    for (let i = chunk * PENALTY_CHUNK; i < end; i++) sum += (w[i] as number) ** 2;
    squares[dims.offset + chunk] = sum;
  }
};
