import { DataError, PlanError, ShapeError } from "../errors.ts";
import { remedyForName } from "../model/nearest.ts";
import { refuse, show } from "../model/options.ts";
import { elementsOf } from "../plan/memory.ts";
import { toFloats } from "./floats.ts";

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
  return toFloats(values, (i) =>
    refuse(
      `${where}: ${name}: element ${i + 1}`,
      show(values[i]),
      "a finite number that float32 can hold",
      "give finite values",
      DataError,
    ),
  );
}

/** @throws PlanError for a name that is none of the parameters */
export function unknownParameter(where: string, name: string, known: readonly string[]): never {
  const remedy = remedyForName(name, known, "name a parameter of this network");
  refuse(where, `parameter "${name}"`, `one of ${known.join(", ")}`, remedy, PlanError);
}
