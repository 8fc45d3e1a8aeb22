import { numberIn, type Table } from "chainrule/table";
import { type Column, type ColumnKind, MOST_DISTINCT, type TableSummary } from "./contract.ts";

/** What is to be seen of a table before anything is learned. */
export const summarize = (table: Table): Omit<TableSummary, "target"> => ({
  file: table.file,
  rows: table.rows.length,
  columns: table.columns.map((name, index) => columnOf(table, name, index)),
});

function columnOf({ rows, lineOf }: Table, name: string, index: number): Column {
  const different = new Set<string>();
  let [numbers, empty, whole] = [0, 0, true];
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let odd: Column["odd"];
  for (const [row, cells] of rows.entries()) {
    const cell = cells[index] ?? "";
    if (different.size < MOST_DISTINCT) different.add(cell);
    if (cell === "") empty += 1;
    const value = numberIn(cell);
    if (value === undefined) {
      odd ??= { line: lineOf(row), cell };
      continue;
    }
    numbers += 1;
    whole &&= Number.isInteger(value);
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const kind = kindOf(numbers, empty, rows.length, whole);
  return { name, kind, distinct: different.size, range: numbers > 0 ? [low, high] : undefined, odd };
}

function kindOf(numbers: number, empty: number, rows: number, whole: boolean): ColumnKind {
  if (empty === rows) return "empty";
  if (numbers === rows) return whole ? "whole numbers" : "numbers";
  return numbers === 0 ? "text" : "mixed";
}
