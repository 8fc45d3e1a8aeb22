import type { Twin } from "./types.ts";

/** db = Σ over the batch of dz. */
export const sumRows: Twin<"sumRows"> = ({ variant, dims, bind }, { control, numbers }) => {
  const [dz, db] = [numbers(bind.dz), numbers(bind.db)];
  for (let j = 0; j < dims.units; j++) {
    let sum = 0;
    for (let i = 0; i < control.rows; i++) sum += dz[i * dims.units + j] as number;
    db[j] = variant.half ? sum / control.lossScale : sum;
  }
};
