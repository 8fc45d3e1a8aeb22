import { DataError } from "chainrule";
import {
  decodeText,
  doubtOf,
  guessTask,
  type PreparedData,
  type Problem,
  prepare,
  problemOf,
  readCsv,
  splitRows,
  type Table,
  type Task,
} from "chainrule/table";
import { count } from "../../format.ts";
import { faultOf } from "../../worker/protocol.ts";
import type { Doubt, Outlook, Prepared, Source, TableContract, TableSummary } from "./contract.ts";
import type { DataOptions } from "./options.ts";
import { summarize } from "./summary.ts";

/** What a table's own worker does: all work that grows with the table's text. What goes on to the GPU's worker is numbers. */
export function createTables(): TableContract["methods"] {
  let table: Table | undefined;
  const given = (): Table => {
    if (!table) throw new Error("data: no table was read");
    return table;
  };
  return {
    async read({ name, content }: Source): Promise<TableSummary> {
      const text =
        typeof content === "string" ? content : decodeText(new Uint8Array(await content.arrayBuffer()), name);
      table = readCsv(text, name);
      return { ...summarize(table), target: likelyTarget(table) };
    },
    async look(target): Promise<Outlook> {
      const guess = guessTask(given(), given().columns.indexOf(target));
      const [classification, regression] = [
        doubt(given(), target, "classification"),
        doubt(given(), target, "regression"),
      ];
      return { guess, doubts: { classification, regression } };
    },
    async prepare(options): Promise<Prepared> {
      const { target, task, ignored, testFraction, seed, scale, scaleTarget } = options;
      const problem = problemOf(given(), { target, ignore: ignored, ...(task ? { task } : {}) });
      const refused = tooManyClasses(problem);
      if (refused) throw refused;
      const data = prepare(problem, { testFraction, seed, scale, scaleTarget });
      return { data, example: exampleOf(problem, options), moved: buffersOf(data) };
    },
  };
}

/** The inputs of the first row that is not trained on, as text. */
function exampleOf({ table, inputs }: Problem, { testFraction, seed }: DataOptions): string[] {
  const { train, test } = splitRows(table.rows.length, testFraction, seed);
  const cells = table.rows.at(test[0] ?? train[0] ?? 0) ?? [];
  const wanted = new Set(inputs);
  return cells.filter((_, index) => wanted.has(table.columns[index] ?? ""));
}

/** Of all its arrays, each once. */
function buffersOf({ train, test }: PreparedData): ArrayBuffer[] {
  const arrays = [train, test].flatMap((part) => (part ? [part.data.inputs, part.data.targets, part.targets] : []));
  return [...new Set(arrays.map(({ buffer }) => buffer as ArrayBuffer))];
}

/** Columns from the last on that may be the target unless another is chosen: for each, all rows are gone through. */
const MOST_LOOKS = 3;

/** The last column of which there is nothing to doubt, such as an id; else the last one. */
function likelyTarget(table: Table): string {
  const last = table.columns.slice(-MOST_LOOKS).reverse();
  return last.find((name) => !isDoubted(table, name)) ?? last[0] ?? "";
}

function isDoubted(table: Table, target: string): boolean {
  try {
    return doubtOf(table, target, guessTask(table, table.columns.indexOf(target)).task) !== undefined;
  } catch {
    // What is wrong with its cells is told to whoever sees it as the target.
    return false;
  }
}

function doubt(table: Table, target: string, task: Task): Doubt | undefined {
  const refused = task === "classification" ? tooManyClasses(classesOf(table, target)) : undefined;
  const fault = refused ?? doubtOf(table, target, task);
  return fault && { fault: faultOf(fault), refused: refused !== undefined };
}

/** A target as it would be classified; undefined where it cannot be, which is told once that is asked for. */
function classesOf(table: Table, target: string): Problem | undefined {
  try {
    return problemOf(table, { target, task: "classification", ignore: [] });
  } catch {
    return undefined;
  }
}

/** Most numbers that a network gives for all rows, one for each class: seconds of work each time that it is judged. */
const MOST_PREDICTED = 2 ** 27;

/** The error for a target of more classes than can be judged on so many rows. */
function tooManyClasses(problem: Problem | undefined): DataError | undefined {
  if (!problem) return undefined;
  const { classes, target } = problem;
  const { file, columns, rows } = problem.table;
  const most = Math.floor(MOST_PREDICTED / rows.length);
  if (classes.length <= most) return undefined;
  return new DataError({
    where: `${file}: column ${target + 1} ("${columns[target]}")`,
    got: `${count(classes.length)} classes on ${count(rows.length)} rows`,
    expected: `at most ${count(most)} classes on so many rows`,
    remedy: "choose another target, or ignore this column",
    column: target + 1,
  });
}
