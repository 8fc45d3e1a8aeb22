import { checkObject, show } from "../model/options.ts";
import { elementsOf } from "../plan/memory.ts";
import { toFloats } from "./floats.ts";
import type { ParameterSpec } from "./network.ts";
import type { Parameters } from "./types.ts";
import { unfit } from "./unfit.ts";

/**
 * A copy of a parameter's values as the GPU takes them.
 * @throws Unfit for a ShapeError where their number differs from the shape's; for a DataError where one is no finite number
 */
export function checkParameter(
  where: string,
  { name, shape }: ParameterSpec,
  values: ArrayLike<number>,
): Float32Array<ArrayBuffer> {
  const [length, size] = [values?.length, elementsOf(shape)];
  if (length !== size) unfit("otherSize", where, name, shape, show(length));
  const floats = toFloats(values, size);
  return typeof floats === "number" ? unfit("noParameter", where, name, show(values[floats]), floats) : floats;
}

/**
 * Copies of parameters by name.
 * @throws ModelError; Unfit for a PlanError for a name that is none of the parameters, and as `checkParameter`
 */
export function checkParameters(
  where: string,
  parameters: Readonly<Record<string, ArrayLike<number>>>,
  specs: readonly ParameterSpec[],
): Parameters {
  const known = new Map(specs.map((spec) => [spec.name, spec]));
  const names = [...known.keys()];
  checkObject(where, parameters, names.join(", "));
  return Object.fromEntries(
    Object.entries(parameters).map(([name, values]) => {
      const spec = known.get(name) ?? unfit("unknownParameter", where, name, names);
      return [name, checkParameter(where, spec, values)];
    }),
  );
}
