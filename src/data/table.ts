import { brief } from "../brief.ts";
import { DataError } from "../errors.ts";
import { nearest } from "../model/nearest.ts";
import { checkOptions } from "../model/options.ts";
import { cellError, isNumber, keyOf, numberError, numberIn, numbersIn } from "./cell.ts";
import { cellOf, checkTable, checkText, checkTexts } from "./check.ts";
import { listed } from "./columns.ts";
import { quoteNames, quoteWord } from "./command.ts";
import { room } from "./room.ts";
import type { Table } from "./rows.ts";

/** How columns are left out of what is learned from, for the remedies of errors. */
export interface LeaveOut {
  /** The option that names them, such as `--ignore`. */
  readonly option: string;
  /** Those that it names already. */
  readonly ignored: readonly string[];
}

/**
 * The named columns as numbers `[rows, names]`, row-major, in the order of `names`; other columns are left aside. They
 * are float64, so that scaling a column such as a time in ms loses nothing to float32 before it is applied.
 * @param leaveOut where columns may be left out by an option
 * @throws DataError for a missing column, and with line and column for a cell that holds no number; ModelError for what is no table
 */
export function readInputs(table: Table, names: readonly string[], leaveOut?: LeaveOut): Float64Array<ArrayBuffer> {
  const where = "readInputs";
  checkTable(where, table);
  checkTexts(where, "names", names);
  if (leaveOut !== undefined) {
    checkOptions<LeaveOut>(`${where}: leaveOut`, leaveOut, { option: 1, ignored: 1 });
    checkText(`${where}: leaveOut`, "option", leaveOut.option);
    checkTexts(`${where}: leaveOut`, "ignored", leaveOut.ignored);
  }
  const places = placesOf(table, names);
  const values = room(Float64Array, table.file, table.rows.length * places.length);
  let i = 0;
  for (const [row, cells] of table.rows.entries()) {
    for (const column of places) {
      const value = numberIn(cellOf(table, cells, row, column));
      if (value === undefined) throw numberError(table, row, column, remedyFor(table, column, names, leaveOut));
      values[i++] = value;
    }
  }
  return values;
}

/** Where the named columns stand. @throws DataError for a missing one */
export function placesOf(table: Table, names: readonly string[]): number[] {
  const places = new Map<string, number>();
  for (const [index, name] of table.columns.entries()) places.set(name, index);
  return names.map((name) => places.get(name) ?? refuseMissing(table, name, names));
}

function remedyFor(table: Table, column: number, names: readonly string[], leaveOut: LeaveOut | undefined): string {
  const numbers = numbersIn(table);
  const isText = (index: number) => numbers[index] === 0;
  const mend = isText(column) ? "" : "mend the cell, leave out its row, or ";
  if (leaveOut === undefined) return `${mend}leave out the column`;
  // With all others that hold nothing but text, of which each would be refused next.
  const places = placesOf(table, names);
  const also = names.filter((_, i) => places[i] === column || isText(places[i] ?? 0));
  // What no shell takes, or nobody reads, is left to who has the table.
  const few = leaveOut.ignored.length + also.length <= 100;
  const all = few ? quoteNames([...leaveOut.ignored, ...also]) : "";
  const word = few && all.length <= 100 ? quoteWord(all, "") : "";
  return `${mend}leave out ${also.length === 1 ? "the column" : "such columns"} with ${leaveOut.option} ${word}`.trimEnd();
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
    expected: `a column "${brief(name, 80)}"`,
    remedy:
      likely === undefined
        ? "give a table with the columns that the model was trained on"
        : `rename the column "${brief(likely, 80)}" if it is the one`,
  });
}

/**
 * The target as numbers `[rows]`, float64 for the same reason.
 * @throws DataError with line and column for a cell that holds no number
 */
export function readTargets(table: Table, target: number): Float64Array<ArrayBuffer> {
  const values = room(Float64Array, table.file, table.rows.length);
  for (const [row, cells] of table.rows.entries()) {
    const value = numberIn(cellOf(table, cells, row, target));
    if (value === undefined) {
      const text = numbersIn(table)[target] === 0;
      const remedy = text ? "choose the task classification, or another target" : "mend the cell, or leave out its row";
      throw numberError(table, row, target, remedy);
    }
    values[row] = value;
  }
  return values;
}

/**
 * The target as numbers of classes `[rows]`.
 * @param classes names of the classes; number i is the name at i
 * @throws DataError with line and column for a class that is not among them
 */
export function readClasses(table: Table, target: number, classes: readonly string[]): Uint32Array<ArrayBuffer> {
  const numberOf = numbersOf(classes);
  const numbers = room(Uint32Array, table.file, table.rows.length);
  for (const [row, cells] of table.rows.entries()) {
    const cell = cellOf(table, cells, row, target);
    const number = numberOf(cell);
    if (number === undefined) {
      throw cellError(table, row, target, {
        got: `class "${brief(cell, 80)}"`,
        expected: `one of ${listed(classes)}, the classes that the model knows`,
        remedy: "mend the cell, or train on data that holds this class",
      });
    }
    numbers[row] = number;
  }
  return numbers;
}

/** Gives a cell the number of its class: by its text, or a whole number by its value, `1.0` for `1`; any number where all classes are. */
export function numbersOf(classes: readonly string[]): (cell: string) => number | undefined {
  const known = classes.every(isNumber) ? asValue : keyOf;
  const numbers = new Map<number | string, number>();
  /** Classes of a value that another has too, such as 1.1 and 1.10; few, if there are any. */
  const texts = new Map<string, number>();
  for (const [index, name] of classes.entries()) {
    const other = numbers.get(known(name));
    if (other !== undefined) texts.set(classes[other] ?? "", other);
    numbers.set(known(name), index);
  }
  return (cell) => texts.get(cell) ?? numbers.get(known(cell));
}

/** What a cell of a number is known by: its value, as far as a float64 tells it from the next; else its text. */
const asValue = (cell: string): number | string =>
  isNumber(cell) && Math.abs(Number(cell)) <= Number.MAX_SAFE_INTEGER ? Number(cell) : cell;
