import Papa from "papaparse";
import { DataError } from "../errors.ts";

/** A CSV file as text, row by row. */
export interface Table {
  /** Name of the file, for error messages. */
  readonly file: string;
  readonly columns: readonly string[];
  /** Cells `[rows][columns]`, as many in every row as there are columns. */
  readonly rows: readonly (readonly string[])[];
  /** Line of the file on which row 0, 1, … begins; lines count from 1, the header's included. */
  lineOf(row: number): number;
}

/**
 * Reads a CSV file (RFC 4180) whose first line names the columns.
 *
 * A byte order mark, LF, CRLF and CR line ends, and blanks around cells are taken; blank lines are ignored. Line ends
 * within quotes are read as LF.
 * @param file name for error messages
 * @throws DataError with line and column where the text is no such table
 */
export function readCsv(text: string, file: string): Table {
  const { records, lines } = parseRecords(text, file);
  const [columns, ...rows] = records;
  if (columns === undefined) {
    throw new DataError({
      where: file,
      got: "an empty file",
      expected: "a first line that names the columns, and rows below it",
      remedy: "check that this is the right file",
    });
  }
  const [headerLine = 1, ...rowLines] = lines;
  const lineOf = (row: number) => rowLines[row] ?? 0;
  checkHeader(columns, headerLine, file);
  if (rows.length === 0) {
    throw new DataError({
      where: file,
      got: "a first line and no rows",
      expected: "at least one row below the names of the columns",
      remedy: "add rows, or check that the file was written to its end",
      line: headerLine,
    });
  }
  for (const [row, cells] of rows.entries()) {
    if (cells.length !== columns.length) refuseRagged(cells.length, columns.length, lineOf(row), file);
  }
  return { file, columns, rows, lineOf };
}

interface Records {
  readonly records: string[][];
  /** Line on which each record begins. */
  readonly lines: number[];
}

function parseRecords(source: string, file: string): Records {
  // The byte order mark goes first, so that positions in the text are those that the parser tells.
  const text = source.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
  const records: string[][] = [];
  const lines: number[] = [];
  let start = 0;
  let line = 1;
  Papa.parse<string[]>(text, {
    delimiter: ",",
    newline: "\n",
    step: ({ data, errors, meta }) => {
      const [error] = errors;
      if (error?.index !== undefined) {
        if (records.length === 0) checkSeparator(text.slice(start), line, file);
        refuseQuote(error.code, text, start, error.index, line, file);
      }
      const cells = data.map((cell) => cell.trim());
      // A line of "" holds a cell, though an empty one.
      if (cells.length > 1 || text.slice(start, meta.cursor).trim() !== "") {
        records.push(cells);
        lines.push(line);
      }
      line += countLineEnds(text, start, meta.cursor);
      start = meta.cursor;
    },
  });
  return { records, lines };
}

function countLineEnds(text: string, from: number, to: number): number {
  let count = 0;
  for (let i = text.indexOf("\n", from); i >= 0 && i < to; i = text.indexOf("\n", i + 1)) count++;
  return count;
}

/** @param start where the record begins in the text, on line `line`; `index` is where the opening quote ends */
function refuseQuote(code: string, text: string, start: number, index: number, line: number, file: string): never {
  const before = text.slice(start, index - 1);
  const cells = Papa.parse<string[]>(before, { delimiter: ",", newline: "\n" }).data[0];
  const column = cells?.length ?? 1;
  const quoteLine = line + countLineEnds(text, start, index);
  const open = code === "MissingQuotes";
  throw new DataError({
    where: `${file}: line ${quoteLine}, column ${column}`,
    got: open ? "a quote that is never closed" : "text after a closing quote",
    expected: open ? 'a closing " before the file ends' : "a comma or the line's end there",
    remedy: 'put " around the cell and write "" for each " in it',
    line: quoteLine,
    column,
  });
}

/** @param header where it begins @throws DataError where its first cell, in quotes or not, is parted from the next by something else */
function checkSeparator(header: string, line: number, file: string): void {
  const [, separator] = /^ *(?:"(?:[^"]|"")*"|[^",;\t\n]*) *([;\t])/.exec(header) ?? [];
  if (separator === undefined) return;
  throw new DataError({
    where: `${file}: line ${line}`,
    got: separator === ";" ? "cells parted by semicolons" : "cells parted by tabs",
    expected: "cells parted by commas",
    remedy: "save the table as CSV with commas",
    line,
  });
}

function checkHeader(columns: readonly string[], line: number, file: string): void {
  if (columns.length === 1) checkSeparator(columns[0] ?? "", line, file);
  const seen = new Map<string, number>();
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
    const first = seen.get(name);
    seen.set(name, index);
    if (first !== undefined) {
      throw new DataError({
        where,
        got: `"${name}", the name of column ${first + 1} too`,
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
