import { DataError } from "../errors.ts";
import { checkObject, refuse, show } from "../model/options.ts";
import type { Table } from "./rows.ts";

/** Checks of what the functions of chainrule/table are given, which plain JavaScript may give anything. `where` is the function. */

/** @throws ModelError unless `value` is text */
export function checkText(where: string, what: string, value: unknown): asserts value is string {
  if (typeof value !== "string") refuse(where, `${what} ${show(value)}`, "text", `give ${what} as text`);
}

/** @throws ModelError unless `list` is a list of texts */
export function checkTexts(where: string, what: string, list: unknown): asserts list is readonly string[] {
  if (!Array.isArray(list)) refuse(where, `${what} ${show(list)}`, "a list of texts", `give ${what} as a list`);
  for (let i = 0; i < list.length; i++) checkText(where, `${what}[${i}]`, list[i]);
}

/** @throws ModelError unless `values` is an array or a typed array of numbers, of a length that is told */
export function checkNumbers(
  where: string,
  what: string,
  values: unknown,
  length?: number,
): asserts values is ArrayLike<number> {
  const expected = "an array of numbers";
  const typed = ArrayBuffer.isView(values) && !(values instanceof DataView);
  if (!typed && !Array.isArray(values))
    refuse(where, `${what} ${show(values)}`, expected, `give ${what} as ${expected}`);
  const list = values as ArrayLike<unknown>;
  // All of a typed array are like its first.
  for (let i = 0; i < (typed ? Math.min(1, list.length) : list.length); i++) {
    if (typeof list[i] !== "number") refuse(where, `${what}[${i}] ${show(list[i])}`, "a number", "give a number there");
  }
  if (length !== undefined && list.length !== length) {
    refuse(where, `${list.length} numbers as ${what}`, `${length}`, `give ${length} of them`);
  }
}

/** @throws ModelError unless `table` is one, as far as can be seen without its rows */
export function checkTable(where: string, table: Table): void {
  const names = "file, columns, rows, lineOf";
  checkObject(`${where}: table`, table, names);
  const { file, columns, rows, lineOf } = table;
  checkText(`${where}: table`, "file", file);
  checkTexts(`${where}: table`, "columns", columns);
  if (typeof rows?.at !== "function" || typeof rows.entries !== "function" || typeof lineOf !== "function") {
    refuse(`${where}: table`, "no rows and lineOf of a table", names, "give what readCsv gives");
  }
}

/** @throws ModelError unless a column of the table stands there */
export function checkColumn(where: string, table: Table, column: number): void {
  if (typeof column === "number" && table.columns[column] !== undefined) return;
  const expected = `a whole number from 0 to ${table.columns.length - 1}`;
  refuse(where, `column ${show(column)}`, expected, "give the place of one of the table's columns");
}

/** A cell of a row of the table. @throws DataError where it is no text */
export function cellOf(table: Table, cells: readonly string[], row: number, column: number): string {
  const cell: unknown = cells?.[column];
  if (typeof cell === "string") return cell;
  throw new DataError({
    where: `${table.file}: row ${row + 1}, column ${column + 1}`,
    got: show(cell),
    expected: "a cell's text",
    remedy: "give each row as a list of texts, one for each column",
  });
}

type Memory = typeof Float64Array | typeof Float32Array | typeof Uint32Array;

/** Room for so many numbers. @throws DataError where there is not the memory */
export function room<M extends Memory>(Of: M, where: string, length: number): InstanceType<M> {
  try {
    return new Of(length) as InstanceType<M>;
  } catch (cause) {
    const mib = Math.ceil((length * Of.BYTES_PER_ELEMENT) / 2 ** 20);
    throw new DataError(
      {
        where,
        got: `${mib} MiB of numbers`,
        expected: "as much as there is memory",
        remedy: "leave out rows or columns",
      },
      { cause },
    );
  }
}
