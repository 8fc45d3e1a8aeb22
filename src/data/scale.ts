import { DataError } from "../errors.ts";

/**
 * How columns are scaled before the network sees them: x′ = (x − shift)·factor, column by column.
 *
 * - `standard`: mean 0 and (population) standard deviation 1;
 * - `minmax`: from 0 to 1;
 * - `none`: as they are.
 */
export const scalings = ["standard", "minmax", "none"] as const;

export type Scaling = (typeof scalings)[number];

/** A fitted scaling, as plain data for JSON. */
export interface Scale {
  readonly kind: Scaling;
  /** One for each column. */
  readonly shift: readonly number[];
  /** One for each column; 0 where all the column's values are the same, so that it becomes 0. */
  readonly factor: readonly number[];
}

/**
 * Takes the scaling from the rows to train on; sums are in float64.
 * @param values `[rows, columns]` row-major
 */
export function fitScale(values: ArrayLike<number>, columns: number, kind: Scaling): Scale {
  const shift: number[] = [];
  const factor: number[] = [];
  for (let column = 0; column < columns; column++) {
    const { low, high, mean, deviation } = statistics(values, columns, column);
    shift.push({ standard: mean, minmax: low, none: 0 }[kind]);
    const inverse = 1 / { standard: deviation, minmax: high - low, none: 1 }[kind];
    // By comparing: rounding can leave a constant column a tiny deviation.
    const constant = kind !== "none" && low === high;
    factor.push(constant || !Number.isFinite(inverse) ? 0 : inverse);
  }
  return { kind, shift, factor };
}

function statistics(values: ArrayLike<number>, columns: number, column: number) {
  const rows = values.length / columns;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (let i = column; i < values.length; i += columns) {
    const x = values[i] ?? 0;
    low = Math.min(low, x);
    high = Math.max(high, x);
    sum += x;
  }
  const mean = sum / rows;
  // Of the range, since squares of numbers below 10⁻¹⁶² are 0.
  const range = high - low || 1;
  let squares = 0;
  for (let i = column; i < values.length; i += columns) squares += (((values[i] ?? 0) - mean) / range) ** 2;
  return { low, high, mean, deviation: range * Math.sqrt(squares / rows) };
}

/**
 * x′ = (x − shift)·factor over `[rows, columns]`, as float32.
 * @param where names the values in an error message: `test.csv: inputs`
 * @throws DataError where a scaled value is beyond float32's range
 */
export function applyScale(values: ArrayLike<number>, scale: Scale, where: string): Float32Array<ArrayBuffer> {
  const scaled = scaleValues(values, scale);
  const at = firstNotFinite(scaled);
  if (at < 0) return scaled;
  const columns = scale.shift.length;
  throw new DataError({
    where: `${where}: row ${Math.floor(at / columns) + 1}, column ${(at % columns) + 1}`,
    ...scaleFault(values, scale, at),
  });
}

/** As `applyScale`, with what is beyond float32's range left as it becomes. */
export function scaleValues(values: ArrayLike<number>, scale: Scale): Float32Array<ArrayBuffer> {
  const scaled = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) scaled[i] = scaledValue(values, scale, i);
  return scaled;
}

/** Place of the first value that is beyond float32's range; −1 where none is. */
export const firstNotFinite = (scaled: Float32Array): number => scaled.findIndex((x) => !Number.isFinite(x));

/** What is wrong with such a value. @param at its place */
export const scaleFault = (values: ArrayLike<number>, scale: Scale, at: number) => ({
  got: `${scaledValue(values, scale, at)} after scaling`,
  expected: "a number from -3.4e38 to 3.4e38",
  remedy: "leave the row out, or scale otherwise",
});

function scaledValue(values: ArrayLike<number>, { shift, factor }: Scale, at: number): number {
  const column = at % shift.length;
  return ((values[at] ?? 0) - (shift[column] ?? 0)) * (factor[column] ?? 1);
}

/** x = x′/factor + shift, the inverse of `applyScale`, over `[rows, columns]`; shift where the factor is 0. */
export function undoScale(values: ArrayLike<number>, scale: Scale): Float64Array<ArrayBuffer> {
  const { shift, factor } = scale;
  const columns = shift.length;
  return Float64Array.from(values, (x, i) => {
    const f = factor[i % columns] ?? 1;
    return (f === 0 ? 0 : x / f) + (shift[i % columns] ?? 0);
  });
}
