import { brief } from "../brief.ts";
import { DataError } from "../errors.ts";
import { cellOf, checkText } from "./check.ts";
import { room } from "./room.ts";
import type { Table } from "./rows.ts";

/** No two parts of it take the same letter, so that it is done in one pass. */
const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const float32Max = 3.4028234663852886e38;

/** Whether a cell holds a decimal number: `-1`, `.5`, `2e-3`; not `0x10`, `inf`, `1,5` or nothing. @throws ModelError where it is no text */
export function isNumber(cell: string): boolean {
  checkText("isNumber", "a cell", cell);
  return decimal.test(cell);
}

/** The number in a cell, as float64; undefined where it holds none, or one beyond float32's range. @throws ModelError as `isNumber` */
export function numberIn(cell: string): number | undefined {
  const value = isNumber(cell) ? Number(cell) : Number.NaN;
  return Math.abs(value) <= float32Max ? value : undefined;
}

/** The error for a cell of which `numberIn` finds none, with line and column. */
export function numberError(table: Table, row: number, column: number, remedy: string): DataError {
  const cell = table.rows.at(row)?.[column] ?? "";
  const large = isNumber(cell);
  const got = large
    ? `${brief(cell, 80)}, which is too large for float32`
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
export function countCells(table: Table, column: number, kind: keyof typeof kinds): string {
  const { rows, columns } = table;
  if (rows.length === 1) return "";
  const { is, plural } = kinds[kind];
  let count = 0;
  for (const [row, cells] of rows.entries()) if (is(cellOf(table, cells, row, column))) count++;
  return ` (${count} of ${rows.length} cells of column ${describe(columns[column] ?? "")} ${count === 1 ? `is ${kind}` : `are ${plural}`})`;
}

/** How many cells of each column are numbers `[columns]`, in one pass. */
export function numbersIn(table: Table): Uint32Array {
  const numbers = room(Uint32Array, table.file, table.columns.length);
  for (const [row, cells] of table.rows.entries()) {
    for (let column = 0; column < numbers.length; column++) {
      if (isNumber(cellOf(table, cells, row, column))) numbers[column] = (numbers[column] ?? 0) + 1;
    }
  }
  return numbers;
}

/** First row whose cell of a column is no number; −1 where there is none. */
export function firstOdd(table: Table, column: number): number {
  for (const [row, cells] of table.rows.entries()) if (!isNumber(cellOf(table, cells, row, column))) return row;
  return -1;
}

/** What a cell is known by among the classes: a whole number by its value; all else by its text, since 1.1 and 1.10 may be versions. */
export const keyOf = (cell: string): number | string =>
  isNumber(cell) && Number.isSafeInteger(Number(cell)) ? Number(cell) : cell;

/** A cell, or a name, as a message names it. */
export const describe = (cell: string) => (cell === "" ? "an empty cell" : `"${brief(cell, 80)}"`);

/** An error that names the cell: file, line, column and the column's name. */
export function cellError(
  table: Table,
  row: number,
  column: number,
  fault: { readonly got: string; readonly expected: string; readonly remedy: string },
): DataError {
  const line = table.lineOf(row);
  const where = `${table.file}: line ${line}, column ${column + 1} ("${brief(table.columns[column] ?? "", 80)}")`;
  return new DataError({ where, ...fault, line, column: column + 1 });
}
