import type { ControlValues } from "../kernels/control.ts";
import { permute } from "../model/random.ts";
import type { Twin } from "./types.ts";

/** Row of the data that is row i of the batch: π(start + i). */
export const sampledRow = ({ start, dataRows, seed, epoch }: ControlValues, shuffle: boolean, i: number): number =>
  shuffle ? permute(start + i, dataRows, seed, epoch) : start + i;

/** order[i] = π(start + i). */
export const sample: Twin<"sample"> = ({ variant, bind }, { control, numbers }) => {
  const order = numbers(bind.order);
  for (let i = 0; i < control.rows; i++) order[i] = sampledRow(control, variant.shuffle, i);
};
