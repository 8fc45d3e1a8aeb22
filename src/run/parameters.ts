import { DataError, PlanError, ShapeError } from "../errors.ts";
import { remedyFor } from "../model/nearest.ts";
import { checkObject, refuse, show } from "../model/options.ts";
import { elementsOf } from "../plan/memory.ts";
import { toFloats } from "./floats.ts";
import type { ParameterSpec } from "./network.ts";
import type { Parameters } from "./types.ts";

/** A parameter's values as the GPU takes them. @throws ShapeError where their number differs from the shape's; DataError where one is no finite number */
export function checkParameter(
  where: string,
  name: string,
  shape: readonly number[],
  values: ArrayLike<number>,
): Float32Array<ArrayBuffer> {
  if (values?.length !== elementsOf(shape)) {
    refuse(
      `${where}: ${name}`,
      `${values?.length} values`,
      `${elementsOf(shape)} for [${shape.join(", ")}]`,
      "give the values row-major, one for each element",
      ShapeError,
    );
  }
  const floats = toFloats(values);
  if (typeof floats !== "number") return floats;
  refuse(
    `${where}: ${name}: element ${floats + 1}`,
    show(values[floats]),
    "a finite number that float32 can hold",
    "give finite values",
    DataError,
  );
}

/**
 * Copies of parameters by name.
 * @throws ModelError, PlanError for a name that is none of the parameters, ShapeError, DataError
 */
export function checkParameters(
  where: string,
  parameters: Readonly<Record<string, ArrayLike<number>>>,
  specs: readonly ParameterSpec[],
): Parameters {
  const known = specs.map(({ name }) => name);
  checkObject(where, parameters, known.join(", "));
  return Object.fromEntries(
    Object.entries(parameters).map(([name, values]) => {
      const spec = specs.find((one) => one.name === name);
      if (spec) return [name, checkParameter(where, name, spec.shape, values)];
      const remedy = remedyFor(name, known, "name a parameter of this network");
      refuse(where, `parameter "${name}"`, `one of ${known.join(", ")}`, remedy, PlanError);
    }),
  );
}
