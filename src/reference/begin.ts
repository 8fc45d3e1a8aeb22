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
  const order = numbers(bind.order);
  for (let i = 0; i < control.rows; i++) order[i] = sampledRow(control, variant.shuffle, i);
};
