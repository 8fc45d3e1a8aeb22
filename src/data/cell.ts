import { DataError } from "../errors.ts";
import type { Table } from "./csv.ts";

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const float32Max = 3.4028234663852886e38;

/** Whether a cell holds a decimal number: `-1`, `.5`, `2e-3`; not `0x10`, `inf`, `1,5` or nothing. */
export const isNumber = (cell: string): boolean => decimal.test(cell);

/** The number in a cell, as float64; undefined where it holds none, or one beyond float32's range. */
export function numberIn(cell: string): number | undefined {
  const value = isNumber(cell) ? Number(cell) : Number.NaN;
  return Math.abs(value) <= float32Max ? value : undefined;
}

/** The error for a cell of which `numberIn` finds none, with line and column. */
export function numberError(table: Table, row: number, column: number, remedy: string): DataError {
  const cell = table.rows[row]?.[column] ?? "";
  const large = isNumber(cell);
  const got = large
    ? `${cell}, which is too large for float32`
    : `${describe(cell)}${countCells(table, column, "no number")}`;
  const expected = large ? "a number from -3.4e38 to 3.4e38" : "a number";
  return cellError(table, row, column, { got, expected, remedy });
}

const kinds = {
  "no number": { is: (cell: string) => !isNumber(cell), plural: "no numbers" },
  "a number": { is: isNumber, plural: "numbers" },
  empty: { is: (cell: string) => cell === "", plural: "empty" },
};

/** ` (12 of 392 cells of column "colour" are no numbers)`, to follow one of them; nothing where it is the only cell. */
export function countCells({ rows, columns }: Table, column: number, kind: keyof typeof kinds): string {
  if (rows.length === 1) return "";
  const { is, plural } = kinds[kind];
  const count = rows.filter((cells) => is(cells[column] ?? "")).length;
  return ` (${count} of ${rows.length} cells of column "${columns[column]}" ${count === 1 ? `is ${kind}` : `are ${plural}`})`;
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
