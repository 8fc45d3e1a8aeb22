import { brief } from "../brief.ts";
import { DataError } from "../errors.ts";
import { checkOptions, checkWord } from "../model/options.ts";
import { count } from "../model/schedule.ts";
import { cellError, describe, firstOdd, numberError, numberIn, numbersIn } from "./cell.ts";
import { cellOf, checkColumn, checkTable, checkText, checkTexts } from "./check.ts";
import { columnIndex } from "./columns.ts";
import type { TableDescription } from "./description.ts";
import { room } from "./room.ts";
import type { Table } from "./rows.ts";
import {
  firstNotFinite,
  fitScale,
  type Scale,
  type Scaling,
  scaleFault,
  scaleRow,
  scaleValues,
  scalings,
} from "./scale.ts";
import { checkFraction, splitRows, takeRows } from "./split.ts";
import { placesOf, readClasses, readInputs, readTargets } from "./table.ts";
import { checkTask, findClasses, guessTask, type Task } from "./task.ts";

export interface ProblemOptions {
  readonly target: string;
  readonly task?: Task;
  readonly ignore: readonly string[];
}

/** What a trainer takes as its data. */
export interface ScaledRows {
  /** `[rows, inputs]` */
  readonly inputs: Float32Array<ArrayBuffer>;
  /** `[rows]`, numbers of classes or scaled numbers. */
  readonly targets: Float32Array<ArrayBuffer> | Float64Array | Uint32Array;
}

/** What is to be learned from a table. */
export interface Problem {
  readonly table: Table;
  /** Where the target stands among the columns. */
  readonly target: number;
  readonly task: Task;
  /** Why the task was guessed so; undefined where it was told. */
  readonly guessed?: string | undefined;
  /** Names of the columns to learn from. */
  readonly inputs: readonly string[];
  /** Names of the columns that are not learned from, as far as they were told. */
  readonly ignored: readonly string[];
  /** Names of the classes; empty for regression. */
  readonly classes: readonly string[];
  /** Numbers that the network gives for a row: one a class, or one. */
  readonly outputs: number;
}

/**
 * @throws DataError for a column that is not there, and for a target of which nothing can be learned; ModelError for wrong options
 */
export function problemOf(table: Table, options: ProblemOptions): Problem {
  checkTable("problemOf", table);
  checkOptions<ProblemOptions>("problemOf", options, { target: 1, task: 0, ignore: 1 });
  checkText("problemOf", "target", options.target);
  checkTexts("problemOf", "ignore", options.ignore);
  if (options.task !== undefined) checkTask("problemOf", options.task);
  const target = columnIndex(table, options.target, "target");
  const ignored = new Set(options.ignore);
  const known = new Set(table.columns);
  for (const name of ignored) {
    if (!known.has(name)) columnIndex(table, name, "ignored");
    if (name !== options.target) continue;
    throw new DataError({
      where: table.file,
      got: `ignored column "${brief(name, 80)}"`,
      expected: "other columns than the target",
      remedy: "leave the target out of the columns to ignore",
    });
  }
  const inputs = table.columns.filter((name, index) => index !== target && !ignored.has(name));
  if (inputs.length === 0) {
    throw new DataError({
      where: table.file,
      got: "no column beside the target",
      expected: "at least one column to learn from",
      remedy: remedyForColumns(table, options.ignore),
    });
  }
  const guess = options.task === undefined ? guessTask(table, target) : undefined;
  const task = options.task ?? guess?.task ?? "regression";
  const classes = task === "classification" ? findClasses(table, target) : [];
  const outputs = classes.length || 1;
  return { table, target, task, guessed: guess?.reason, inputs, ignored: options.ignore, classes, outputs };
}

/** @param ignored names of columns, all that there are beside the target */
function remedyForColumns(table: Table, ignored: readonly string[]): string {
  const add = "add a column of numbers";
  if (ignored.length === 0) return add;
  const numbers = numbersIn(table);
  const told = new Set(ignored);
  for (const [column, name] of table.columns.entries()) {
    if (numbers[column] === 0 || numbers[column] === table.rows.length || !told.has(name)) continue;
    const odd = firstOdd(table, column);
    const cell = describe(table.rows.at(odd)?.[column] ?? "");
    return `${add}, or mend line ${table.lineOf(odd)} of "${brief(name, 80)}", ${cell} among numbers, and do not ignore it`;
  }
  return `${add}, or ignore fewer`;
}

/** Rows as the network takes them, and for regression the target in its own unit. */
export interface Part {
  readonly rows: number;
  readonly data: ScaledRows;
  /** Target before scaling `[rows]`, numbers or numbers of classes. */
  readonly targets: Float64Array | Uint32Array;
}

export interface PreparedData {
  readonly train: Part;
  readonly test: Part | undefined;
  readonly description: TableDescription;
}

export interface PrepareOptions {
  readonly testFraction: number;
  readonly seed: number;
  readonly scale: Scaling;
  readonly scaleTarget: Scaling;
  /** The option that leaves columns out, such as `--ignore`, for the remedies of errors. */
  readonly ignoreOption?: string;
}

/** Scaled, a constant target is 0, and whatever a network gives is taken for the constant. @throws DataError */
function checkVaries({ file, columns }: Table, target: number, values: Float64Array | Uint32Array): void {
  const [first] = values;
  if (values.some((value) => value !== first)) return;
  throw new DataError({
    where: `${file}: column ${target + 1} ("${brief(columns[target] ?? "", 80)}")`,
    got: `${first} on every row to train on`,
    expected: "at least two different numbers",
    remedy: "add rows with other numbers, or choose another target",
    column: target + 1,
  });
}

function checkPrepare(problem: Problem, options: PrepareOptions): void {
  const where = "prepare: problem";
  checkOptions<Problem>(where, problem, {
    table: 1,
    target: 1,
    task: 1,
    guessed: 0,
    inputs: 1,
    ignored: 1,
    classes: 1,
    outputs: 1,
  });
  checkTable(where, problem.table);
  checkColumn(where, problem.table, problem.target);
  checkTask(where, problem.task);
  for (const list of ["inputs", "ignored", "classes"] as const) checkTexts(where, list, problem[list]);
  checkOptions<PrepareOptions>("prepare", options, {
    testFraction: 1,
    seed: 1,
    scale: 1,
    scaleTarget: 1,
    ignoreOption: 0,
  });
  checkFraction("split", options.testFraction);
  count("prepare", "seed", options.seed, 0);
  checkWord("prepare", "scale ", options.scale, scalings);
  checkWord("prepare", "scaleTarget ", options.scaleTarget, scalings);
  if (options.ignoreOption !== undefined) checkText("prepare", "ignoreOption", options.ignoreOption);
}

/**
 * Splits and scales; the scaling is taken from the rows to train on.
 * @throws DataError for cells that hold no numbers, ModelError for wrong options
 */
export function prepare(problem: Problem, options: PrepareOptions): PreparedData {
  checkPrepare(problem, options);
  const { table, target, task, inputs, ignored, classes } = problem;
  const { ignoreOption: option } = options;
  const values = readInputs(table, inputs, option === undefined ? undefined : { option, ignored });
  const targets = task === "classification" ? readClasses(table, target, classes) : readTargets(table, target);
  const split = splitRows(table.rows.length, options.testFraction, options.seed);
  const trainInputs = takeRows(values, inputs.length, split.train);
  const trainTargets = takeRows(targets, 1, split.train);
  if (task === "regression") checkVaries(table, target, trainTargets);
  const description: TableDescription = {
    inputs,
    target: table.columns[target] ?? "",
    task,
    classes,
    inputScale: fitScale(trainInputs, inputs.length, options.scale),
    ...(task === "regression" ? { targetScale: fitScale(trainTargets, 1, options.scaleTarget) } : {}),
  };
  const part = (own: Float64Array, ownTargets: Float64Array | Uint32Array, rows: Uint32Array): Part => ({
    rows: ownTargets.length,
    data: scaleRows(table, description, own, ownTargets, rows),
    targets: ownTargets,
  });
  return {
    train: part(trainInputs, trainTargets, split.train),
    test:
      split.test.length === 0
        ? undefined
        : part(takeRows(values, inputs.length, split.test), takeRows(targets, 1, split.test), split.test),
    description,
  };
}

/** @param rows of the table that the values are of @throws DataError with line and column where a number leaves float32's range */
function scaleRows(
  table: Table,
  { inputs, inputScale, target, targetScale }: TableDescription,
  values: Float64Array,
  targets: Float64Array | Uint32Array,
  rows: Uint32Array,
): ScaledRows {
  return {
    inputs: scaleColumns(table, inputs, inputScale, values, rows),
    targets: targetScale === undefined ? targets : scaleColumns(table, [target], targetScale, targets, rows),
  };
}

/** @param names of the columns that are scaled */
function scaleColumns(
  table: Table,
  names: readonly string[],
  scale: Scale,
  values: Float64Array | Uint32Array,
  rows: Uint32Array,
): Float32Array<ArrayBuffer> {
  const scaled = scaleValues(values, scale);
  const at = firstNotFinite(scaled);
  if (at < 0) return scaled;
  const column = table.columns.indexOf(names[at % names.length] ?? "");
  throw cellError(table, rows[Math.floor(at / names.length)] ?? 0, column, scaleFault(values, scale, at));
}

/** Rows that a network can predict. */
export interface KnownRows {
  /** Their numbers in the table, ascending. */
  readonly rows: Uint32Array<ArrayBuffer>;
  /** Scaled, `[rows, inputs]`. */
  readonly inputs: Float32Array<ArrayBuffer>;
  /** What is wrong with the first of the others; undefined where there is none. */
  readonly fault: DataError | undefined;
}

/** The rows whose inputs are all numbers that a network takes, scaled. @throws DataError where there is none, or a column is missing */
export function knownRows(table: Table, { inputs, inputScale }: TableDescription): KnownRows {
  const places = placesOf(table, inputs);
  const known = room(Uint32Array, table.file, table.rows.length);
  const scaled = room(Float32Array, table.file, table.rows.length * places.length);
  let length = 0;
  let fault: DataError | undefined;
  for (const [row, cells] of table.rows.entries()) {
    const values = places.map((column) => numberIn(cellOf(table, cells, row, column)));
    const odd = values.indexOf(undefined);
    // What is wrong is left where the next row comes.
    const far = odd < 0 ? scaleRow(values as number[], inputScale, scaled, length * places.length) : -1;
    if (odd < 0 && far < 0) known[length++] = row;
    else if (odd < 0) {
      fault ??= cellError(table, row, places[far] ?? 0, scaleFault(values as number[], inputScale, far));
    } else {
      fault ??= numberError(table, row, places[odd] ?? 0, "mend the cell, or leave out its row");
    }
  }
  if (length === 0 && fault !== undefined) throw fault;
  // Without the room for the others, if there are any.
  const all = length === table.rows.length;
  return {
    rows: all ? known : known.slice(0, length),
    inputs: all ? scaled : scaled.slice(0, length * places.length),
    fault,
  };
}
