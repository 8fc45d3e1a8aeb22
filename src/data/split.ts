import { DataError } from "../errors.ts";
import { permute } from "../model/random.ts";

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
 * @throws DataError where a part that is asked for has no row
 */
export function splitRows(rows: number, testFraction: number, seed: number): Split {
  if (!(testFraction >= 0 && testFraction < 1)) {
    throw new DataError({
      where: "split",
      got: `test fraction ${testFraction}`,
      expected: "a number from 0 to below 1",
      remedy: "set the test fraction to 0.2, or to 0 for no test part",
    });
  }
  const testRows = rows - trainRows(rows, testFraction);
  if (testRows === rows || (testRows === 0 && testFraction > 0)) {
    throw new DataError({
      where: "split",
      got: `${rows - testRows} rows to train on and ${testRows} to test on, of ${rows} rows at test fraction ${testFraction}`,
      expected: "at least one row in each part",
      remedy: "add rows, or change the test fraction; 0 trains on all rows and tests on none",
    });
  }
  const order = Uint32Array.from({ length: rows }, (_, i) => permute(i, rows, seed, splitEpoch));
  return { train: order.slice(testRows), test: order.slice(0, testRows) };
}

/** How many of the rows are to train on. */
export const trainRows = (rows: number, testFraction: number): number => rows - Math.round(rows * testFraction);

/** The given rows of `values [rows, columns]`, in the given order. */
export function takeRows<T extends Float32Array | Float64Array | Uint32Array>(
  values: T,
  columns: number,
  rows: Uint32Array,
): T {
  const taken = values.slice(0, rows.length * columns) as T;
  for (const [i, row] of rows.entries()) taken.set(values.subarray(row * columns, (row + 1) * columns), i * columns);
  return taken;
}
