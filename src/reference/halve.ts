import { roundToHalf } from "../model/float16.ts";
import type { Twin } from "./types.ts";

/** An f16 copy of a parameter. */
export const halve: Twin<"halve"> = ({ dims, bind }, { numbers }) => {
  const [parameter, copy] = [numbers(bind.parameter), numbers(bind.copy)];
  for (let i = 0; i < dims.elements; i++) copy[i] = roundToHalf(parameter[i] as number);
};
