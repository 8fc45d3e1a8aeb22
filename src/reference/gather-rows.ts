import type { Twin } from "./types.ts";

/** batch[i, :] = data[order[i], :]. */
export const gatherRows: Twin<"gatherRows"> = ({ dims, bind }, { control, numbers }) => {
  const [order, data, batch] = [numbers(bind.order), numbers(bind.data), numbers(bind.batch)];
  const { columns } = dims;
  for (let i = 0; i < control.rows; i++) {
    for (let j = 0; j < columns; j++) batch[i * columns + j] = data[(order[i] as number) * columns + j] as number;
  }
};
