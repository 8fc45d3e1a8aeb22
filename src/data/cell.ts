import { DataError } from "../errors.ts";
import type { Table } from "./csv.ts";

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const float32Max = 3.4028234663852886e38;

/** Whether a cell holds a decimal number: `-1`, `.5`, `2e-3`; not `0x10`, `inf`, `1,5` or nothing. */
export const isNumber = (cell: string): boolean => decimal.test(cell);

/**
 * The number in a cell, as float64.
 * @throws DataError with line and column where the cell holds none, or one beyond float32's range
 */
export function readNumber(table: Table, row: number, column: number): number {
  const cell = table.rows[row]?.[column] ?? "";
  const value = isNumber(cell) ? Number(cell) : Number.NaN;
  if (Math.abs(value) <= float32Max) return value;
  throw cellError(table, row, column, {
    got: Number.isNaN(value) ? describe(cell) : `${cell}, which is too large for float32`,
    expected: Number.isNaN(value) ? "a number" : "a number from -3.4e38 to 3.4e38",
    remedy: "mend the cell, or leave out its row or column",
  });
}

/** A cell as a message names it. */
export const describe = (cell: string) => (cell === "" ? "an empty cell" : `"${cell}"`);

/** An error that names the cell: file, line, column and the column's name. */
export function cellError(
  table: Table,
  row: number,
  column: number,
  fault: { readonly got: string; readonly expected: string; readonly remedy: string },
): DataError {
  const line = table.lineOf(row);
  const where = `${table.file}: line ${line}, column ${column + 1} ("${table.columns[column]}")`;
  return new DataError({ where, ...fault, line, column: column + 1 });
}
