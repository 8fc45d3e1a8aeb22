import type { Twin } from "./types.ts";
import { stateOf, updateElement } from "./update.ts";

/** The update of one parameter in place. */
export const weightUpdate: Twin<"weightUpdate"> = ({ variant, dims, bind }, memory) => {
  const { control, numbers } = memory;
  if (control.halted !== 0) return;
  const [g, parameter] = [numbers(bind.g), numbers(bind.parameter)];
  const state = stateOf(variant.optimizer, memory, bind.state);
  for (let i = 0; i < dims.elements; i++) updateElement(variant, control, parameter, state, i, g[i] as number);
};
