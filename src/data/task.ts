import { brief } from "../brief.ts";
import { DataError } from "../errors.ts";
import type { Loss } from "../model/loss.ts";
import { checkWord } from "../model/options.ts";
import { cellError, countCells, isNumber, keyOf } from "./cell.ts";
import { cellOf, checkColumn, checkTable, checkText } from "./check.ts";
import { columnIndex } from "./columns.ts";
import type { Table } from "./rows.ts";

/** What is learned: one of several classes, or a number. */
export const tasks = ["classification", "regression"] as const;

export type Task = (typeof tasks)[number];

/** What a network learns a task by. @throws ModelError for another word */
export function lossOf(task: Task): Loss {
  checkTask("lossOf", task);
  return task === "classification" ? "softmaxCrossEntropy" : "halfSquaredError";
}

/** @throws ModelError unless `task` is one */
export const checkTask = (where: string, task: unknown): void => checkWord(where, "task ", task, tasks);

export interface Guess {
  readonly task: Task;
  /** Why, in a few words: `3 different texts`. */
  readonly reason: string;
}

/** More different cells than this are not counted, nor taken for classes: each has a name to keep, and an output of the network. */
const mostClasses = 1_000_000;

/** Whole numbers are taken for classes up to this many different ones. */
export const mostNumberedClasses = 20;

/**
 * Guesses the task from the target's cells: classification where they are text, or where they are whole numbers of at
 * most 20 different values, each on two rows on average or more; regression for all other numbers.
 * @throws DataError where numbers and text are mixed, with the first cell of the rarer kind, or where a cell is empty
 */
export function guessTask(table: Table, target: number): Guess {
  checkTable("guessTask", table);
  checkColumn("guessTask", table, target);
  const values = new Set<number | string>();
  /** First row of each kind, and how many rows there are of numbers. */
  let [number, text, numbers]: [number | undefined, number | undefined, number] = [undefined, undefined, 0];
  let whole = true;
  for (const [row, cells] of table.rows.entries()) {
    const cell = cellOf(table, cells, row, target);
    if (cell === "") throw emptyTarget(table, row, target);
    if (values.size <= mostClasses) values.add(keyOf(cell));
    if (isNumber(cell)) {
      number ??= row;
      numbers++;
    } else text ??= row;
    whole &&= Number.isInteger(Number(cell));
  }
  const rows = table.rows.length;
  if (text !== undefined && number !== undefined) {
    const numeric = rows - numbers >= numbers;
    throw mixedTarget(table, numeric ? number : text, target, numeric);
  }
  const count = values.size;
  if (text !== undefined) return { task: "classification", reason: different(count, "text") };
  if (!whole) return { task: "regression", reason: "numbers with a fraction" };
  const reason = `${different(count, "whole number")} on ${formatCount(rows, "row")}`;
  const few = count <= mostNumberedClasses && 2 * count <= rows;
  return { task: few ? "classification" : "regression", reason };
}

/** @param row the first cell of the rarer kind @param numeric whether that holds a number */
function mixedTarget(table: Table, row: number, target: number, numeric: boolean): DataError {
  const [elsewhere, counted] = numeric ? (["text", "a number"] as const) : (["numbers", "no number"] as const);
  return cellError(table, row, target, {
    got: `"${brief(table.rows.at(row)?.[target] ?? "", 80)}" in a column that holds ${elsewhere} elsewhere${countCells(table, target, counted)}`,
    expected: "a target of numbers only, or of text only",
    remedy: "mend the cell, or choose the task classification, which takes both for names of classes",
  });
}

/** `3 different texts`, `1 text`. */
function different(count: number, noun: string): string {
  if (count > mostClasses) return `more than ${mostClasses} different ${noun}s`;
  return formatCount(count, count === 1 ? noun : `different ${noun}`);
}

const formatCount = (count: number, noun: string, plural = `${noun}s`): string =>
  `${count} ${count === 1 ? noun : plural}`;

/**
 * What there is to doubt of a target before anything is trained: more than half as many classes as rows, as an id or a text has, of
 * which hardly one is learned from a second row; or numbers that only count the rows. It is not thrown: who trains all the same may.
 * @returns undefined where there is nothing to say
 */
export function doubtOf(table: Table, target: string, task: Task): DataError | undefined {
  checkTable("doubtOf", table);
  checkText("doubtOf", "target", target);
  checkTask("doubtOf", task);
  const column = columnIndex(table, target, "target");
  const doubted = task === "classification" ? manyClasses(table, column) : rowNumbers(table, column);
  if (doubted === undefined) return undefined;
  const where = columnOf(table, column);
  return new DataError({
    where,
    ...doubted,
    remedy: "choose another target, unless this is the one",
    column: column + 1,
  });
}

function manyClasses(table: Table, target: number) {
  const rows = table.rows.length;
  const most = Math.min(mostClasses, Math.max(1, Math.floor(rows / 2)));
  const values = new Set<number | string>();
  for (const [row, cells] of table.rows.entries()) {
    values.add(keyOf(cellOf(table, cells, row, target)));
    if (values.size <= most) continue;
    const got = `more than ${formatCount(most, "class", "classes")} on ${formatCount(rows, "row")}`;
    return { got, expected: "at most half as many classes as rows" };
  }
  return undefined;
}

function rowNumbers(table: Table, target: number) {
  if (table.rows.length <= mostNumberedClasses) return undefined;
  let first = 0;
  for (const [row, cells] of table.rows.entries()) {
    const number = Number(cellOf(table, cells, row, target));
    if (row === 0) first = number;
    if (number !== first + row) return undefined;
  }
  return {
    got: `the numbers from ${first} on, one for each row in turn`,
    expected: "numbers that are to be predicted",
  };
}

/**
 * The classes of a target: its different cells, sorted as numbers where all are numbers, else by code point. A class is
 * known by its text, and a whole number by its value: `1` and `1.0` are one class, named by the shortest text.
 * @throws DataError where a cell is empty, or all cells are the same
 */
export function findClasses(table: Table, target: number): string[] {
  const values = new Map<number | string, string>();
  for (const [row, cells] of table.rows.entries()) {
    const cell = cellOf(table, cells, row, target);
    if (cell === "") throw emptyTarget(table, row, target);
    const key = keyOf(cell);
    const name = values.get(key);
    if (name === undefined && values.size === mostClasses) throw tooManyClasses(table, target);
    if (name === undefined || cell.length < name.length) values.set(key, cell);
  }
  const classes = [...values.values()];
  if (classes.length < 2) {
    throw new DataError({
      where: columnOf(table, target),
      got: `one class only, "${brief(classes[0] ?? "", 80)}" on every row`,
      expected: "at least two classes",
      remedy: "add rows of other classes, or choose another target",
      column: target + 1,
    });
  }
  classes.sort(byCodePoint);
  return classes.every((name) => isNumber(name)) ? classes.sort((a, b) => Number(a) - Number(b)) : classes;
}

const tooManyClasses = (table: Table, target: number) =>
  new DataError({
    where: columnOf(table, target),
    got: `more than ${mostClasses} classes`,
    expected: "a target of fewer",
    remedy: "choose another target",
    column: target + 1,
  });

/** A column as the place of an error. */
const columnOf = ({ file, columns }: Table, column: number): string =>
  `${file}: column ${column + 1} ("${brief(columns[column] ?? "", 80)}")`;

/** By Unicode code point, the same on every machine; `<` goes by UTF-16 units, which puts emoji before U+E000…U+FFFF. */
function byCodePoint(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  for (let i = 0; i < most; i++) {
    if (a.charCodeAt(i) !== b.charCodeAt(i)) return rank(a.charCodeAt(i)) - rank(b.charCodeAt(i));
  }
  return a.length - b.length;
}

/** A unit of UTF-16 in the order of code points: what makes up those above U+FFFF comes last. */
const rank = (unit: number): number => (unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit);

const emptyTarget = (table: Table, row: number, target: number) =>
  cellError(table, row, target, {
    got: `an empty cell${countCells(table, target, "empty")}`,
    expected: "a value of the target on every row",
    remedy: "fill the cell in, or leave out its row",
  });
