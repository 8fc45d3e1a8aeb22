import { advanceControl } from "./advance.ts";
import { recordStep } from "./record.ts";
import { sampledRow } from "./sample.ts";
import type { Twin } from "./types.ts";

/** Between two steps. */
export const begin: Twin<"begin"> = ({ variant, dims, bind }, { control, numbers }) => {
  const squares = variant.penalty ? numbers(bind.squares) : undefined;
  recordStep(control, numbers(bind.scores), squares, dims.parts, numbers(bind.ring));
  if (variant.closing) return;
  advanceControl(variant, control);
  const [order, data, y] = [numbers(bind.order), numbers(bind.data), numbers(bind.y)];
  for (let i = 0; i < control.rows; i++) {
    const row = sampledRow(control, variant.shuffle, i);
    order[i] = row;
    for (let j = 0; j < dims.columns; j++) y[i * dims.columns + j] = data[row * dims.columns + j] as number;
  }
};
