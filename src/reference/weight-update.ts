import type { Twin } from "./types.ts";
import { updateElement } from "./update.ts";

/** The update of one parameter in place. */
export const weightUpdate: Twin<"weightUpdate"> = ({ variant, dims, bind }, { control, numbers }) => {
  if (control.halted !== 0) return;
  const [g, parameter] = [numbers(bind.g), numbers(bind.parameter)];
  const state = variant.optimizer === "sgd" ? undefined : numbers(bind.state);
  for (let i = 0; i < dims.elements; i++) updateElement(variant, control, parameter, state, i, g[i] as number);
};
