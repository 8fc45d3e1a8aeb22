import { DataError } from "../errors.ts";
import { refuse, show } from "../model/options.ts";
import { permute } from "../model/random.ts";
import { count } from "../model/schedule.ts";
import { checkNumbers, room } from "./check.ts";

/** Numbers of the rows of each part, in a random order. */
export interface Split {
  readonly train: Uint32Array<ArrayBuffer>;
  /** Empty where no test part is asked for. */
  readonly test: Uint32Array<ArrayBuffer>;
}

/** An epoch that no training reaches, so that the split's order is not one in which batches are drawn. */
const splitEpoch = 0xffffffff;

/**
 * Parts rows 0 … rows − 1 at random: round(rows·testFraction) to test, the others to train. The same seed gives the same
 * parts on every machine.
 * @param testFraction from 0 to below 1; 0 leaves no test part
 * @throws DataError where a part that is asked for has no row, ModelError for what is no such number
 */
export function splitRows(rows: number, testFraction: number, seed: number): Split {
  const where = "split";
  const train = trainRows(rows, testFraction);
  count(where, "seed", seed, 0);
  const testRows = rows - train;
  if (train === 0 || (testRows === 0 && testFraction > 0)) {
    throw new DataError({
      where,
      got: `${train} rows to train on and ${testRows} to test on, of ${rows} rows at test fraction ${testFraction}`,
      expected: "at least one row in each part",
      remedy: "add rows, or change the test fraction; 0 trains on all rows and tests on none",
    });
  }
  const order = room(Uint32Array, where, rows);
  for (let i = 0; i < rows; i++) order[i] = permute(i, rows, seed, splitEpoch);
  return { train: order.slice(testRows), test: order.slice(0, testRows) };
}

/** How many of the rows are to train on. @throws ModelError for what is no number of rows, or no fraction */
export function trainRows(rows: number, testFraction: number): number {
  count("split", "rows", rows, 0);
  checkFraction("split", testFraction);
  return rows - Math.round(rows * testFraction);
}

/** @throws ModelError unless it is from 0 to below 1 */
export function checkFraction(where: string, testFraction: number): void {
  if (typeof testFraction === "number" && testFraction >= 0 && testFraction < 1) return;
  const remedy = "set the test fraction to 0.2, or to 0 for no test part";
  refuse(where, `test fraction ${show(testFraction)}`, "a number from 0 to below 1", remedy);
}

/** The given rows of `values [rows, columns]`, in the given order. @throws ModelError for rows that there are not */
export function takeRows<T extends Float32Array | Float64Array | Uint32Array>(
  values: T,
  columns: number,
  rows: Uint32Array,
): T {
  const where = "takeRows";
  checkNumbers(where, "values", values);
  if (!ArrayBuffer.isView(values)) refuse(where, show(values), "a typed array", "give the values as a typed array");
  count(where, "columns", columns, 1);
  checkNumbers(where, "rows", rows);
  const taken = room(values.constructor as Float64ArrayConstructor, where, rows.length * columns);
  for (let i = 0; i < rows.length; i++) {
    const from = (rows[i] ?? 0) * columns;
    if (from + columns > values.length) {
      const there = Math.floor(values.length / columns);
      refuse(where, `row ${rows[i]}`, `one of the ${there} that there are, from 0`, "give rows of these values");
    }
    for (let column = 0; column < columns; column++) taken[i * columns + column] = values[from + column] ?? 0;
  }
  return taken as T;
}
