import { DataError } from "../errors.ts";
import type { Loss } from "../model/loss.ts";
import { cellError, countCells, isNumber } from "./cell.ts";
import { columnIndex } from "./columns.ts";
import type { Table } from "./csv.ts";

/** What is learned: one of several classes, or a number. */
export const tasks = ["classification", "regression"] as const;

export type Task = (typeof tasks)[number];

/** What a network learns a task by. */
export const lossOf = (task: Task): Loss => (task === "classification" ? "softmaxCrossEntropy" : "halfSquaredError");

export interface Guess {
  readonly task: Task;
  /** Why, in a few words: `3 different texts`. */
  readonly reason: string;
}

/** Whole numbers are taken for classes up to this many different ones. */
export const mostNumberedClasses = 20;

/**
 * Guesses the task from the target's cells: classification where they are text, or where they are whole numbers of at
 * most 20 different values, each on two rows on average or more; regression for all other numbers.
 * @throws DataError where numbers and text are mixed, with the first cell of the rarer kind, or where a cell is empty
 */
export function guessTask(table: Table, target: number): Guess {
  const values = new Set<string>();
  const numbers: number[] = [];
  const texts: number[] = [];
  let whole = true;
  for (const [row, cells] of table.rows.entries()) {
    const cell = cells[target] ?? "";
    if (cell === "") throw emptyTarget(table, row, target);
    values.add(keyOf(cell));
    (isNumber(cell) ? numbers : texts).push(row);
    whole &&= Number.isInteger(Number(cell));
  }
  const odd = texts.length < numbers.length ? texts[0] : numbers[0];
  if (texts.length > 0 && odd !== undefined) {
    const numeric = odd === numbers[0];
    throw cellError(table, odd, target, {
      got: `"${table.rows[odd]?.[target]}" in a column that holds ${numeric ? "text" : "numbers"} elsewhere${countCells(table, target, numeric ? "a number" : "no number")}`,
      expected: "a target of numbers only, or of text only",
      remedy: "mend the cell, or choose the task classification, which takes both for names of classes",
    });
  }
  const count = values.size;
  if (texts.length > 0) return { task: "classification", reason: different(count, "text") };
  if (!whole) return { task: "regression", reason: "numbers with a fraction" };
  const reason = `${different(count, "whole number")} on ${formatCount(table.rows.length, "row")}`;
  const few = count <= mostNumberedClasses && 2 * count <= table.rows.length;
  return { task: few ? "classification" : "regression", reason };
}

/** `3 different texts`, `1 text`. */
const different = (count: number, noun: string): string => formatCount(count, count === 1 ? noun : `different ${noun}`);

const formatCount = (count: number, noun: string, plural = `${noun}s`): string =>
  `${count} ${count === 1 ? noun : plural}`;

/**
 * What there is to doubt of a target before anything is trained: more than half as many classes as rows, as an id or a text has, of
 * which hardly one is learned from a second row; or numbers that only count the rows. It is not thrown: who trains all the same may.
 * @returns undefined where there is nothing to say
 */
export function doubtOf(table: Table, target: string, task: Task): DataError | undefined {
  const column = columnIndex(table, target, "target");
  const rows = table.rows.length;
  const doubt = (got: string, expected: string) =>
    new DataError({
      where: `${table.file}: column ${column + 1} ("${target}")`,
      got,
      expected,
      remedy: "choose another target, unless this is the one",
      column: column + 1,
    });
  if (task === "classification") {
    const values = new Set<string>();
    for (const cells of table.rows) {
      values.add(keyOf(cells[column] ?? ""));
      if (2 * values.size <= rows) continue;
      const got = `more than ${formatCount(Math.floor(rows / 2), "class", "classes")} on ${formatCount(rows, "row")}`;
      return doubt(got, "at most half as many classes as rows");
    }
    return undefined;
  }
  const first = Number(table.rows[0]?.[column]);
  const counts = table.rows.every((cells, row) => Number(cells[column]) === first + row);
  return rows > mostNumberedClasses && counts
    ? doubt(`the numbers from ${first} on, one for each row in turn`, "numbers that are to be predicted")
    : undefined;
}

/**
 * The classes of a target: its different cells, sorted as numbers where all are numbers, else by code point. A class is
 * known by its text, and a whole number by its value: `1` and `1.0` are one class, named by the shortest text.
 * @throws DataError where a cell is empty, or all cells are the same
 */
export function findClasses(table: Table, target: number): string[] {
  const values = new Map<string, string>();
  for (const [row, cells] of table.rows.entries()) {
    const cell = cells[target] ?? "";
    if (cell === "") throw emptyTarget(table, row, target);
    const key = keyOf(cell);
    const name = values.get(key);
    if (name === undefined || cell.length < name.length) values.set(key, cell);
  }
  const classes = [...values.values()].sort(byCodePoint);
  if (classes.every(isNumber)) classes.sort((a, b) => Number(a) - Number(b));
  if (classes.length < 2) {
    throw new DataError({
      where: `${table.file}: column ${target + 1} ("${table.columns[target]}")`,
      got: `one class only, "${classes[0]}" on every row`,
      expected: "at least two classes",
      remedy: "add rows of other classes, or choose another target",
      column: target + 1,
    });
  }
  return classes;
}

/** A whole number as it is written shortest; any other text as it is, since versions such as 1.1 and 1.10 are two. */
const keyOf = (cell: string): string =>
  isNumber(cell) && Number.isSafeInteger(Number(cell)) ? `${Number(cell)}` : cell;

/** By Unicode code point, the same on every machine; `<` goes by UTF-16 units, which puts emoji before U+E000…U+FFFF. */
function byCodePoint(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)];
  const index = left.findIndex((letter, i) => letter !== right[i]);
  if (index < 0) return left.length - right.length;
  return (left[index]?.codePointAt(0) ?? 0) - (right[index]?.codePointAt(0) ?? -1);
}

const emptyTarget = (table: Table, row: number, target: number) =>
  cellError(table, row, target, {
    got: `an empty cell${countCells(table, target, "empty")}`,
    expected: "a value of the target on every row",
    remedy: "fill the cell in, or leave out its row",
  });
