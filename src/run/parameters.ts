import { DataError, PlanError, ShapeError } from "../errors.ts";
import { elementsOf } from "../plan/memory.ts";

/** A parameter's values as the GPU takes them. @throws ShapeError where their number differs from the shape's; DataError where one is not finite */
export function checkParameter(
  where: string,
  name: string,
  shape: readonly number[],
  values: ArrayLike<number>,
): Float32Array<ArrayBuffer> {
  if (values?.length !== elementsOf(shape)) {
    throw new ShapeError({
      where: `${where}: ${name}`,
      got: `${values?.length} values`,
      expected: `${elementsOf(shape)} for [${shape.join(", ")}]`,
      remedy: "give the values row-major, one for each element",
    });
  }
  const floats = new Float32Array(values);
  const bad = floats.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return floats;
  throw new DataError({
    where: `${where}: ${name}: element ${bad + 1}`,
    got: String(values[bad]),
    expected: "a finite number that float32 can hold",
    remedy: "give finite values",
  });
}

/** @throws PlanError for a name that is none of the parameters */
export function unknownParameter(where: string, name: string, known: readonly string[]): never {
  throw new PlanError({
    where,
    got: `parameter "${name}"`,
    expected: `one of ${known.join(", ")}`,
    remedy: "name a parameter of this network",
  });
}
