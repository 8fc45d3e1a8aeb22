import { DataError } from "../errors.ts";
import { describe } from "./cell.ts";
import { checkText } from "./check.ts";
import { afterLineEnd, cellEnd, cellsFrom, countLineEnds, isComma, isQuote } from "./record.ts";
import { type Table, TextRows } from "./rows.ts";

export type { Table } from "./rows.ts";

/** More would be too many for a network's inputs, and each has a name to keep. */
const mostColumns = 1_000_000;

/**
 * Reads a CSV file (RFC 4180) whose first line names the columns.
 *
 * A byte order mark, LF, CRLF and CR line ends, and blanks around cells are taken; blank lines are ignored. Line ends
 * within quotes are read as LF. Reading ends at the first fault. Beside the text itself it keeps at most 16 bytes a row.
 * @param file name for error messages
 * @throws DataError with line and column where the text is no such table
 */
export function readCsv(text: string, file: string): Table {
  checkText("readCsv", "the table", text);
  checkText("readCsv", "the file's name", file);
  let table: { readonly columns: readonly string[]; readonly rows: TextRows; readonly line: number } | undefined;
  let line = 1;
  for (let at = text.charCodeAt(0) === 0xfeff ? 1 : 0; at < text.length; ) {
    const { end, cells, ends } = readRecord(text, at, line, file, table === undefined);
    // A line of "" holds a cell, though an empty one.
    if (cells > 1 || (end > at && text.slice(at, end).trim() !== "")) {
      if (table === undefined) {
        if (cells > mostColumns) refuseColumns(cells, line, file);
        const columns = cellsFrom(text, at, cells);
        checkHeader(columns, line, file);
        table = { columns, rows: new TextRows(text, cells, file), line };
      } else {
        const { columns, rows } = table;
        if (cells !== columns.length) refuseRagged(cells, columns.length, line, file);
        rows.add(at, line);
      }
    }
    line += ends + 1;
    at = afterLineEnd(text, end);
  }
  if (table === undefined) {
    throw new DataError({
      where: file,
      got: "an empty file",
      expected: "a first line that names the columns, and rows below it",
      remedy: "check that this is the right file",
    });
  }
  const { columns, rows, line: headerLine } = table;
  if (rows.length === 0) {
    throw new DataError({
      where: file,
      got: "a first line and no rows",
      expected: "at least one row below the names of the columns",
      remedy: "add rows, or check that the file was written to its end",
      line: headerLine,
    });
  }
  return { file, columns, rows, lineOf: (row) => rows.lineOf(row) };
}

/** @returns where the record ends that begins at `from`, how many cells it has, and the line ends in them @throws DataError */
function readRecord(text: string, from: number, line: number, file: string, header: boolean) {
  let [cells, ends] = [0, 0];
  for (let at = from; ; at++) {
    const end = cellEnd(text, at);
    cells++;
    if (end < 0) {
      if (header) checkSeparator(text, from, line, file);
      refuseQuote(end === -1, `${file}: line ${line + ends}, column ${cells}`, line + ends, cells);
    }
    if (isQuote(text, at)) ends += countLineEnds(text, at, end);
    at = end;
    if (!isComma(text, end)) return { end, cells, ends };
  }
}

function refuseQuote(open: boolean, where: string, line: number, column: number): never {
  throw new DataError({
    where,
    got: open ? "a quote that is never closed" : "text after a closing quote",
    expected: open ? 'a closing " before the file ends' : "a comma or the line's end there",
    remedy: 'put " around the cell and write "" for each " in it',
    line,
    column,
  });
}

function refuseColumns(columns: number, line: number, file: string): never {
  throw new DataError({
    where: `${file}: line ${line}`,
    got: `${columns} columns`,
    expected: `at most ${mostColumns}`,
    remedy: "leave out columns, or exchange rows and columns",
    line,
  });
}

/** @throws DataError where the first cell of the record at `from`, in quotes or not, is parted from the next by something else */
function checkSeparator(text: string, from: number, line: number, file: string): void {
  let at = afterBlanks(text, from);
  if (text.charAt(at) === '"') {
    do at = text.indexOf('"', at + 1) + 1;
    while (at > 0 && text.charAt(at) === '"');
    if (at === 0) return;
    at = afterBlanks(text, at);
  } else {
    while (at < text.length && !'",;\t\n\r'.includes(text.charAt(at))) at++;
  }
  const separator = text.charAt(at);
  if (separator !== ";" && separator !== "\t") return;
  throw new DataError({
    where: `${file}: line ${line}`,
    got: separator === ";" ? "cells parted by semicolons" : "cells parted by tabs",
    expected: "cells parted by commas",
    remedy: "save the table as CSV with commas",
    line,
  });
}

function afterBlanks(text: string, from: number): number {
  let at = from;
  while (text.charAt(at) === " ") at++;
  return at;
}

function checkHeader(columns: readonly string[], line: number, file: string): void {
  if (columns.length === 1) checkSeparator(columns[0] ?? "", 0, line, file);
  const seen = new Set<string>();
  for (const [index, name] of columns.entries()) {
    const column = index + 1;
    const where = `${file}: line ${line}, column ${column}`;
    if (name === "") {
      throw new DataError({
        where,
        got: "a column without a name",
        expected: "a name in the first line for each column",
        remedy: "name the column, or delete it if it only numbers the rows",
        line,
        column,
      });
    }
    if (seen.size === seen.add(name).size) {
      throw new DataError({
        where,
        got: `${describe(name)}, the name of column ${columns.indexOf(name) + 1} too`,
        expected: "a different name for each column",
        remedy: "rename one of them, or add a first line with names if there is none",
        line,
        column,
      });
    }
  }
}

function refuseRagged(cells: number, columns: number, line: number, file: string): never {
  const column = Math.min(cells, columns) + 1;
  throw new DataError({
    where: `${file}: line ${line}, column ${column}`,
    got: `a row of ${cells} ${cells === 1 ? "cell" : "cells"}`,
    expected: `${columns}, one for each column`,
    remedy:
      cells < columns ? "add what is missing" : 'remove what is too much, or put " around a cell that holds a comma',
    line,
    column,
  });
}
