import { DataError } from "../errors.ts";
import { nearest } from "../model/nearest.ts";
import { cellError, readNumber } from "./cell.ts";
import { listed } from "./columns.ts";
import type { Table } from "./csv.ts";

/**
 * The named columns as numbers `[rows, names]`, row-major, in the order of `names`; other columns are left aside. They
 * are float64, so that scaling a column such as a time in ms loses nothing to float32 before it is applied.
 * @throws DataError for a missing column, and with line and column for a cell that holds no number
 */
export function readInputs(table: Table, names: readonly string[]): Float64Array<ArrayBuffer> {
  const places = new Map(table.columns.map((name, index) => [name, index]));
  const indices = names.map((name) => places.get(name) ?? refuseMissing(table, name, names));
  const values = new Float64Array(table.rows.length * indices.length);
  for (let row = 0, i = 0; row < table.rows.length; row++) {
    for (const column of indices) values[i++] = readNumber(table, row, column);
  }
  return values;
}

/** Unlike a name that somebody gives, this one is known to be right: what is wrong is the table. */
function refuseMissing({ columns, file }: Table, name: string, names: readonly string[]): never {
  const known = new Set(names);
  const likely = nearest(
    name,
    columns.filter((column) => !known.has(column)),
  );
  throw new DataError({
    where: file,
    got: `columns ${listed(columns)}`,
    expected: `a column "${name}"`,
    remedy:
      likely === undefined
        ? "give a table with the columns that the model was trained on"
        : `rename the column "${likely}" if it is the one`,
  });
}

/**
 * The target as numbers `[rows]`, float64 for the same reason.
 * @throws DataError with line and column for a cell that holds no number
 */
export const readTargets = (table: Table, target: number): Float64Array<ArrayBuffer> =>
  Float64Array.from(table.rows, (_, row) => readNumber(table, row, target));

/**
 * The target as numbers of classes `[rows]`.
 * @param classes names of the classes; number i is the name at i
 * @throws DataError with line and column for a class that is not among them
 */
export function readClasses(table: Table, target: number, classes: readonly string[]): Uint32Array<ArrayBuffer> {
  const numbers = new Map(classes.map((name, index) => [name, index]));
  return Uint32Array.from(table.rows, (cells, row) => {
    const number = numbers.get(cells[target] ?? "");
    if (number !== undefined) return number;
    throw cellError(table, row, target, {
      got: `class "${cells[target]}"`,
      expected: `one of ${listed(classes)}, the classes that the model knows`,
      remedy: "mend the cell, or train on data that holds this class",
    });
  });
}
