import { permute } from "../model/random.ts";
import type { Twin } from "./types.ts";

/** order[i] = π(start + i). */
export const sample: Twin<"sample"> = ({ variant, bind }, { control, numbers }) => {
  const order = numbers(bind.order);
  const { start, rows, dataRows, seed, epoch } = control;
  for (let i = 0; i < rows; i++) order[i] = variant.shuffle ? permute(start + i, dataRows, seed, epoch) : start + i;
};
