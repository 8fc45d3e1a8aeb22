import assert from "node:assert/strict";
import * as fc from "fast-check";
import { isNumber } from "../../../src/data/cell.ts";
import { readCsv, type Table } from "../../../src/data/csv.ts";
import { descriptionKey, readDescription } from "../../../src/data/description.ts";
import { knownRows, type PreparedData, type Problem, prepare, problemOf } from "../../../src/data/problem.ts";
import { type Scaling, scalings } from "../../../src/data/scale.ts";
import { splitRows } from "../../../src/data/split.ts";
import { type Task, tasks } from "../../../src/data/task.ts";
import { decodeText } from "../../../src/data/text.ts";
import { hostile, mostly, usualNumbers } from "./atoms.ts";
import { afterwards, encode, type Format, type Input, type Reach, read } from "./format.ts";
import { mutants } from "./mutate.ts";

/** A table of CSV, and what is asked of it. */
interface TableInput extends Input {
  /** The column to predict, by its place modulo their number or, as the command line takes it, by its name. */
  readonly target: number | string;
  /** The columns to leave out, as `target`; or all but the target that hold no numbers. */
  readonly ignore: readonly (number | string)[] | "texts";
  readonly task: Task | undefined;
  readonly scale: Scaling;
  readonly scaleTarget: Scaling;
  readonly testFraction: number;
  readonly seed: number;
  /** What was written, where the file is as RFC 4180 has it. */
  readonly cells: readonly (readonly string[])[] | undefined;
}

const seeds: readonly Uint8Array[] = [
  "a,b,c\n1,2,3\n4,5,6\n7,8,9\n1,1,2\n",
  'length,width,kind\n1.1,0.2,short\n4.2,1.3,"long, wide"\n1.4,0.25,short\n4.9,1.5,"long, wide"\n',
  "\ufeffx;y,z\r\n1,2\r\n3,5\r\n4,9\r\n",
  '"a ""b""",c\n"1","2"\n"3" ,4\n"-5",6e1\n',
  "t,v\n1700000000000,1\n1700000000001,2\n1700000000002,4\n1700000000003,8\n",
  'id,text,y\n1,"two\nlines",0\n2,b,1\n3,c,0\n4,d,1\n',
  "a,b\r1,0\r2,1\r\r3,0\r4,1",
  " a , b \n 1 , yes \n\n 2 , no \n   \n 3 ,\tyes\n4,no\n",
  "__proto__,constructor,toString\n1,2,a\n3,4,b\n5,6,a\n",
  "x,y\n1e38,0.000001\n-1e38,1e-30\n3.4e38,-0\n0,007\n.5,5.\n",
  "größe,名前\n1,ä\n2,日本\n3,ä\n4,日本\n",
].map(encode);

const simple = fc.constantFrom("a", "b", "c", "d", "length", "kind", "y", "größe", "x 1");

const place = fc.nat(7);

const asked = (reach: Reach) => ({
  target: fc.oneof({ weight: 12, arbitrary: place }, { weight: 1, arbitrary: hostile(reach) }),
  ignore: fc.oneof(
    { weight: 8, arbitrary: fc.constant("texts" as const) },
    { weight: 1, arbitrary: fc.constant([]) },
    {
      weight: 1,
      arbitrary: fc.array(fc.oneof({ weight: 4, arbitrary: place }, { weight: 1, arbitrary: hostile("short") }), {
        maxLength: 2,
      }),
    },
  ),
  task: fc.constantFrom<Task | undefined>(undefined, undefined, ...tasks),
  scale: fc.constantFrom(...scalings),
  scaleTarget: fc.constantFrom(...scalings),
  testFraction: fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(0, 0, 0.2, 0.3) },
    { weight: 1, arbitrary: fc.constantFrom(0.9, 1, Number.NaN, -0.1, 2 ** -53) },
  ),
  seed: fc.constantFrom(0, 1, 7, 2 ** 32 - 1),
});

/** How a table is written down. */
interface Style {
  readonly end: "\n" | "\r\n" | "\r";
  readonly mark: boolean;
  readonly quoted: boolean;
  readonly blanks: boolean;
  readonly last: boolean;
}

const style: fc.Arbitrary<Style> = fc.record({
  end: fc.constantFrom("\n", "\n", "\r\n", "\r"),
  mark: fc.boolean(),
  quoted: fc.boolean(),
  blanks: fc.boolean(),
  last: fc.boolean(),
});

/** By RFC 4180. */
function write(cells: readonly (readonly string[])[], { end, mark, quoted, blanks, last }: Style): string {
  const word = (cell: string, alone: boolean) =>
    quoted || (alone && cell.trim() === "") || /[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
  const lines = cells.map((row) => row.map((cell) => word(cell, row.length === 1)).join(","));
  return `${mark ? "\ufeff" : ""}${lines.join(blanks ? `${end} ${end}` : end)}${last ? end : ""}`;
}

/** As reading has it: UTF-8, line ends as LF, without blanks around. */
const asRead = (cell: string): string =>
  new TextDecoder("utf-8", { ignoreBOM: true }).decode(encode(cell)).replace(/\r\n?/g, "\n").trim();

/** The cells of a column, well meant or not. */
const column = (rows: number, reach: Reach): fc.Arbitrary<string[]> => {
  const classes = fc.constantFrom("yes", "no", "long, wide", "maybe");
  const of = (cells: fc.Arbitrary<string>) => fc.array(cells, { minLength: rows, maxLength: rows });
  return fc.oneof(
    { weight: 10, arbitrary: of(usualNumbers) },
    { weight: 2, arbitrary: of(fc.integer({ min: 0, max: 2 }).map(String)) },
    { weight: 3, arbitrary: of(classes) },
    { weight: 1, arbitrary: of(mostly(usualNumbers, reach, 20)) },
    { weight: 1, arbitrary: of(mostly(classes, reach, 30)) },
    { weight: 1, arbitrary: of(hostile(reach)) },
  );
};

const drawn = (reach: Reach): fc.Arbitrary<TableInput> =>
  fc
    .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 12 }))
    .chain(([columns, rows]) =>
      fc.record({
        names: fc.uniqueArray(mostly(simple, reach, 15), { minLength: columns, maxLength: columns, selector: asRead }),
        columns: fc.tuple(...Array.from({ length: columns }, () => column(rows, reach))),
        style,
        ...asked(reach),
      }),
    )
    .map(({ names, columns, style, ...rest }) => {
      const [first = []] = columns;
      const cells = [names, ...first.map((_, row) => columns.map((column) => column[row] ?? ""))];
      return { ...rest, bytes: encode(write(cells, style)), cells: cells.map((row) => row.map(asRead)) };
    });

const mutated = (reach: Reach): fc.Arbitrary<TableInput> =>
  fc.record({ bytes: mutants(seeds, reach), cells: fc.constant(undefined), ...asked(reach) });

/** Few bytes many times over, as rows, as columns and as cells: what is long is to take no more than its length. */
const pumped: fc.Arbitrary<TableInput> = fc
  .tuple(
    fc.constantFrom<(n: number, word: string) => string>(
      (n, word) => `a,b\n${`${word},2\n`.repeat(n)}1,3\n`,
      (n, word) => `a,b\n1,2\n3,${word.repeat(n)}\n`,
      (n, word) => `a,${word.repeat(n)}\n1,2\n3,4\n`,
      (n, word) => `${Array.from({ length: n >> 2 }, (_, i) => `${word}${i}`).join(",")}\n`,
      (n) => `a${",".repeat(n)}\n`,
      (n, word) => `${word.repeat(n)}\n${"1\n".repeat(n)}`,
    ),
    fc.integer({ min: 1000, max: 100_000 }),
    fc.constantFrom("1", "7.25", "x", '"', '""', '"x"', " ", "\n", "\t", ";", '" "', "é", "\\"),
    fc.record(asked("short")),
  )
  .map(([shape, times, word, rest]) => ({ ...rest, cells: undefined, bytes: encode(shape(times, word)) }));

export const tableFormat = (): Format => ({
  arbitrary: (reach) =>
    fc.oneof(
      { weight: 120, arbitrary: drawn(reach) },
      { weight: 120, arbitrary: mutated(reach) },
      ...(reach === "long" ? [{ weight: 1, arbitrary: pumped }] : []),
    ),
  check: (input) => read(() => checkTable(input as TableInput)),
});

function checkTable(input: TableInput): "accepted" {
  const text = decodeText(input.bytes, "t.csv");
  const table = readWhole(text, input);
  afterwards(() => checkRows(table, text));
  const { testFraction, seed, scale, scaleTarget } = input;
  const { columns, rows } = table;
  const name = (given: number | string): string =>
    typeof given === "string" ? given : (columns[given % columns.length] ?? "");
  const target = name(input.target);
  const isText = (column: number) => {
    for (const cells of rows) if (!isNumber(cells[column] ?? "")) return true;
    return false;
  };
  const ignore =
    input.ignore === "texts"
      ? columns.filter((one, column) => one !== target && isText(column))
      : input.ignore.map(name);
  const problem = problemOf(table, { target, ignore, ...(input.task && { task: input.task }) });
  const data = prepare(problem, { testFraction, seed, scale, scaleTarget, ignoreOption: "--ignore" });
  afterwards(() => checkPrepared(problem, data, input));
  return "accepted";
}

/** Not all at once, since the differences of long tables take a program minutes to write down. */
function checkSame(table: Table, expected: readonly (readonly string[])[] | undefined, what: string): void {
  let at = 0;
  for (const cells of [table.columns, ...table.rows])
    assert.deepEqual(cells, expected?.[at], `${what}: record ${at++}`);
  assert.equal(at, expected?.length, `${what}: records`);
}

/** Reads a table, which may be refused only where it was not written as one. */
function readWhole(text: string, { cells }: TableInput): Table {
  const whole = cells !== undefined && isWhole(cells);
  try {
    const table = readCsv(text, "t.csv");
    if (whole) afterwards(() => checkSame(table, cells, "what was written"));
    return table;
  } catch (error) {
    if (whole && !(error instanceof assert.AssertionError))
      throw new Error("a table as it should be is refused", { cause: error });
    throw error;
  }
}

/** Whether each column has a name of its own, and a single one none that looks like several of another separator. */
const isWhole = ([names = []]: readonly (readonly string[])[]): boolean =>
  new Set(names).size === names.length && !names.includes("") && !(names.length === 1 && /[;\t]/.test(names[0] ?? ""));

/** A reader of its own: letter by letter, no cleverer than it must be. @returns undefined where a quote is broken */
function plainly(source: string): string[][] | undefined {
  // Joined, since V8 copies a template's two parts together again at each look.
  const text = [source.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n"), "\n"].join("");
  const rows: string[][] = [];
  let row: string[] = [];
  let begin = 0;
  for (let at = 0; at < text.length; at++) {
    let cell = "";
    if (text[at] === '"') {
      for (at++; at < text.length; at++) {
        if (text[at] !== '"') cell += text[at];
        else if (text[at + 1] === '"') cell += text[at++];
        else break;
      }
      if (at >= text.length - 1) return undefined;
      at++;
      while (text[at] !== "\n" && (text[at] ?? "x").trim() === "") at++;
      if (text[at] !== "," && text[at] !== "\n") return undefined;
    } else {
      const from = at;
      while (text[at] !== "," && text[at] !== "\n") at++;
      cell = text.slice(from, at);
    }
    row.push(cell.trim());
    if (text[at] === ",") continue;
    if (row.length > 1 || text.slice(begin, at).trim() !== "") rows.push(row);
    row = [];
    begin = at + 1;
  }
  return rows;
}

function checkRows(table: Table, text: string): void {
  const { columns, rows } = table;
  const lines = text.split(/\r\n?|\n/).length;
  let line = 1;
  for (const [row, cells] of rows.entries()) {
    assert.equal(cells.length, columns.length, "cells of a row");
    const here = table.lineOf(row);
    assert.ok(here > line && here <= lines, `row ${row} on line ${here} of ${lines}`);
    line = here;
  }
  checkSame(table, plainly(text), "what another reader reads");
}

const areFinite = (values: ArrayLike<number>): boolean => Array.prototype.every.call(values, Number.isFinite);

function checkPrepared(problem: Problem, { train, test, description }: PreparedData, input: TableInput): void {
  const { table, inputs, target, task, classes } = problem;
  const cells = [...table.rows];
  const rows = cells.length;
  assert.equal(train.rows + (test?.rows ?? 0), rows);
  const split = splitRows(rows, input.testFraction, input.seed);
  const places = inputs.map((name) => table.columns.indexOf(name));
  const { shift, factor } = description.inputScale;
  const numbers = rows * places.length <= 1000;
  for (const [part, order] of [[train, split.train] as const, [test, split.test] as const]) {
    if (part === undefined) continue;
    const { inputs: given, targets } = part.data;
    assert.equal(part.rows, order.length);
    assert.equal(given.length, part.rows * inputs.length);
    assert.equal(targets.length, part.rows);
    assert.ok(areFinite(given) && areFinite(targets) && areFinite(part.targets), "finite numbers");
    if (!numbers) continue;
    for (const [i, row] of order.entries()) {
      for (const [j, column] of places.entries()) {
        const x = Math.fround((Number(cells[row]?.[column]) - (shift[j] ?? 0)) * (factor[j] ?? 0));
        assert.equal(given[i * places.length + j], x, `row ${row} of input ${j}`);
      }
      const cell = cells[row]?.[target] ?? "";
      const name = classes[part.targets[i] ?? -1] ?? "";
      if (task === "regression") assert.equal(part.targets[i], Number(cell));
      else assert.ok(name === cell || (isNumber(name) && Number(name) === Number(cell)), `class of row ${row}`);
    }
  }
  assert.equal(new Set(classes).size, classes.length);
  const kept = readDescription({ [descriptionKey]: JSON.stringify(description) }, "model");
  assert.equal(JSON.stringify(kept), JSON.stringify(description), "a description comes back");
  // As `predict` takes the same table.
  const known = knownRows(table, kept);
  assert.equal(known.rows.length, rows);
}
