import { numberIn, type Table } from "chainrule/table";
import { type Column, type ColumnKind, MOST_DISTINCT, type TableSummary } from "./contract.ts";

/** What is to be seen of a table before anything is learned, in one pass through its rows. */
export function summarize({ file, columns, rows, lineOf }: Table): TableSummary {
  const seen = columns.map(() => new Seen());
  for (const [row, cells] of rows.entries()) {
    for (const [column, one] of seen.entries()) one.add(cells[column] ?? "", row, lineOf);
  }
  return {
    file,
    rows: rows.length,
    columns: seen.map((one, column) => one.summary(columns[column] ?? "", rows.length)),
  };
}

/** What was seen of a column so far. */
class Seen {
  readonly #different = new Set<string>();
  #numbers = 0;
  #empty = 0;
  #whole = true;
  #low = Number.POSITIVE_INFINITY;
  #high = Number.NEGATIVE_INFINITY;
  #odd: Column["odd"];

  add(cell: string, row: number, lineOf: Table["lineOf"]): void {
    if (this.#different.size < MOST_DISTINCT) this.#different.add(cell);
    if (cell === "") this.#empty += 1;
    const value = numberIn(cell);
    if (value === undefined) {
      this.#odd ??= { line: lineOf(row), cell };
      return;
    }
    this.#numbers += 1;
    this.#whole &&= Number.isInteger(value);
    this.#low = Math.min(this.#low, value);
    this.#high = Math.max(this.#high, value);
  }

  summary(name: string, rows: number): Column {
    const kind = kindOf(this.#numbers, this.#empty, rows, this.#whole);
    const range = this.#numbers > 0 ? ([this.#low, this.#high] as const) : undefined;
    return { name, kind, distinct: this.#different.size, range, odd: this.#odd };
  }
}

function kindOf(numbers: number, empty: number, rows: number, whole: boolean): ColumnKind {
  if (empty === rows) return "empty";
  if (numbers === rows) return whole ? "whole numbers" : "numbers";
  return numbers === 0 ? "text" : "mixed";
}
