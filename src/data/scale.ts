import { DataError } from "../errors.ts";
import { checkOptions, checkWord, refuse } from "../model/options.ts";
import { checkNumbers, checkText, room } from "./check.ts";

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
    const [origin, unit] = kind === "standard" ? [mean, deviation] : kind === "minmax" ? [low, high - low] : [0, 1];
    shift.push(origin);
    // By comparing: rounding can leave a constant column a tiny deviation.
    const constant = kind !== "none" && low === high;
    factor.push(constant || !Number.isFinite(1 / unit) ? 0 : 1 / unit);
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
 * @throws DataError where a scaled value is beyond float32's range, ModelError for what are no values or no scale
 */
export function applyScale(values: ArrayLike<number>, scale: Scale, where: string): Float32Array<ArrayBuffer> {
  checkScaling("applyScale", values, scale);
  checkText("applyScale", "where", where);
  const scaled = scaleValues(values, scale);
  const at = firstNotFinite(scaled);
  if (at < 0) return scaled;
  const columns = scale.shift.length;
  throw new DataError({
    where: `${where}: row ${Math.floor(at / columns) + 1}, column ${(at % columns) + 1}`,
    ...scaleFault(values, scale, at),
  });
}

function checkScaling(where: string, values: ArrayLike<number>, scale: Scale): void {
  checkNumbers(where, "values", values);
  checkScale(`${where}: scale`, scale);
  const columns = scale.shift.length;
  if (values.length % columns === 0) return;
  const expected = `a multiple of ${columns}, the columns of the scale`;
  refuse(where, `${values.length} values`, expected, "give whole rows");
}

/** @throws ModelError unless `scale` is one of a column or more */
export function checkScale(where: string, scale: Scale | undefined): asserts scale is Scale {
  checkOptions<Scale>(where, scale as Scale, { kind: 1, shift: 1, factor: 1 });
  const { kind, shift, factor } = scale as Scale;
  checkWord(where, "kind ", kind, scalings);
  checkNumbers(where, "shift", shift);
  checkNumbers(where, "factor", factor, shift.length);
  if (shift.length === 0) refuse(where, "no column", "a shift and a factor a column", "give what prepare gives");
}

/** As `applyScale`, with what is beyond float32's range left as it becomes. */
export function scaleValues(values: ArrayLike<number>, scale: Scale): Float32Array<ArrayBuffer> {
  const scaled = room(Float32Array, "scaling", values.length);
  for (let i = 0; i < values.length; i++) scaled[i] = scaledValue(values, scale, i);
  return scaled;
}

/** One row into `scaled`, where it begins at `from`. @returns place in it of the first value beyond float32's range; −1 where none is */
export function scaleRow(values: ArrayLike<number>, scale: Scale, scaled: Float32Array, from: number): number {
  let far = -1;
  for (let i = 0; i < values.length; i++) {
    const value = Math.fround(scaledValue(values, scale, i));
    scaled[from + i] = value;
    if (far < 0 && !Number.isFinite(value)) far = i;
  }
  return far;
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

/**
 * x = x′/factor + shift, the inverse of `applyScale`, over `[rows, columns]`; shift where the factor is 0.
 * @throws ModelError for what are no values or no scale
 */
export function undoScale(values: ArrayLike<number>, scale: Scale): Float64Array<ArrayBuffer> {
  checkScaling("undoScale", values, scale);
  const { shift, factor } = scale;
  const undone = room(Float64Array, "undoScale", values.length);
  for (let i = 0; i < values.length; i++) {
    const column = i % shift.length;
    const f = factor[column] ?? 1;
    undone[i] = (f === 0 ? 0 : (values[i] ?? 0) / f) + (shift[column] ?? 0);
  }
  return undone;
}
