import Papa from "papaparse";
import { brief } from "../brief.ts";
import { describe, isNumber, numberIn } from "../data/cell.ts";
import type { Table } from "../data/csv.ts";
import { readDescription, type TableDescription } from "../data/description.ts";
import { type KnownRows, knownRows } from "../data/problem.ts";
import { type Scale, undoScale } from "../data/scale.ts";
import { takeRows } from "../data/split.ts";
import { numbersOf } from "../data/table.ts";
import type { Device } from "../device/open.ts";
import { type LoadedModel, loadModel } from "../run/checkpoint.ts";
import { createPredictor } from "../run/predictor.ts";
import type { Prediction } from "../run/types.ts";
import { checkWritable, writeTo } from "./files.ts";
import { formatCount } from "./format.ts";
import { type Judged, judge } from "./judge.ts";
import { piecesOf, say, sendLines } from "./output.ts";
import { readBytes, readTable } from "./reading.ts";
import type { Terminal } from "./terminal.ts";

export interface PredictCommand {
  readonly out?: string;
  readonly force: boolean;
  readonly spreadsheetSafe: boolean;
}

/**
 * `chainrule predict`: the predictions as CSV, and how good they are where the table holds the target. A row without all its
 * inputs has none, and one without a target that the model knows is not judged by.
 * @returns exit status
 */
export async function predict(
  modelPath: string,
  path: string,
  { out, force, spreadsheetSafe }: PredictCommand,
  terminal: Terminal,
): Promise<number> {
  const { folder, stdout, stderr } = terminal;
  const loaded = loadModel(readBytes(modelPath, folder), modelPath);
  const description = readDescription(loaded.metadata, modelPath, loaded);
  const table = readTable(path, folder);
  const known = knownRows(table, description);
  const target = out === undefined ? undefined : { path: out, folder, force };
  if (target !== undefined) checkWritable(target, [modelPath, path]);

  const device = await terminal.openDevice();
  const prediction = await predictRows(loaded, known, device);
  const lines = linesOf(predictionRows(prediction, known, table.rows.length, description), spreadsheetSafe);
  if (target === undefined) await sendLines(stdout, lines);
  else {
    // No work is lost by a signal, which ends the process as ever.
    const onWait = () => say(stderr, `${target.path}: nobody reads it yet; Ctrl-C ends`);
    await writeTo(target, piecesOf(lines), { onWait });
  }

  const { part, left } = judgedRows(table, description, known, prediction);
  const said = [...leftOut(table, known), ...left, ...(part === undefined ? [] : judge(description, [part]))];
  if (said.length > 0) say(stderr, ...said);
  return 0;
}

async function predictRows(model: LoadedModel, { inputs }: KnownRows, device: Device): Promise<Prediction> {
  const predictor = await createPredictor(device, model);
  try {
    return await predictor.predict(inputs);
  } finally {
    predictor.dispose();
  }
}

/** What there is to say of rows that have no prediction. */
function leftOut({ rows }: Table, { rows: known, fault }: KnownRows): string[] {
  if (fault === undefined) return [];
  const count = `${(rows.length - known.length).toLocaleString("en")} of ${formatCount(rows.length, "row")}`;
  return [
    brief(
      `without a prediction: ${count}, the first since ${fault.where}: got ${fault.got}, expected ${fault.expected}`,
      400,
    ),
  ];
}

/** Those of the predicted rows whose target is known, and what there is to say of the others; undefined where there is none. */
function judgedRows(
  { columns, rows, lineOf }: Table,
  { target, task, classes }: TableDescription,
  known: KnownRows,
  { outputs, classes: predicted }: Prediction,
): { readonly part: Judged | undefined; readonly left: readonly string[] } {
  const column = columns.indexOf(target);
  if (column < 0 || isBlank(rows, column)) return { part: undefined, left: [] };
  const read = task === "classification" ? numbersOf(classes) : numberIn;
  const targets = new Float64Array(known.rows.length);
  const judged = new Uint32Array(known.rows.length);
  let count = 0;
  let blank = 0;
  let odd = 0;
  let first: number | undefined;
  for (const [i, row] of known.rows.entries()) {
    const cell = rows.at(row)?.[column] ?? "";
    const value = read(cell);
    if (value !== undefined) {
      targets[count] = value;
      judged[count++] = i;
    } else if (cell === "") blank += 1;
    else {
      odd += 1;
      first ??= row;
    }
  }
  const left = [
    ...(blank > 0 ? [`${formatCount(blank, "row")} without a "${brief(target, 80)}"`] : []),
    ...(first === undefined
      ? []
      : [
          `${formatCount(odd, "row")} with ${task === "classification" ? "a class that the model does not know" : "what is no number"}, the first ${brief(describe(rows.at(first)?.[column] ?? ""), 80)} on line ${lineOf(first)}`,
        ]),
  ];
  const which = judged.subarray(0, count);
  const prediction = {
    outputs: takeRows(outputs, outputs.length / known.rows.length, which),
    classes: predicted && takeRows(predicted, 1, which),
  };
  return {
    part: count === 0 ? undefined : { name: "given", targets: targets.subarray(0, count), prediction },
    left: left.length === 0 ? [] : [`not in the score: ${left.join(", and ")}`],
  };
}

function isBlank(rows: Table["rows"], column: number): boolean {
  for (const cells of rows) if (cells[column] !== "") return false;
  return true;
}

/** A row for each row of the table: the class and its probability, or the number, and a header above; blank where there is none. */
function* predictionRows(
  { outputs, probabilities, classes }: Prediction,
  { rows }: KnownRows,
  count: number,
  { classes: names, target, targetScale }: TableDescription,
): Iterable<readonly string[]> {
  // No two columns of one name, which no reader of tables would take.
  const probability = target === "probability" ? "probability of the class" : "probability";
  const header = targetScale ? [target] : [target, probability];
  yield header;
  const blank = header.map(() => "");
  const numbers = targetScale && undoScale(outputs, targetScale);
  for (let row = 0, i = 0; row < count; row++) {
    if (rows[i] !== row) {
      yield blank;
      continue;
    }
    const number = classes?.[i] ?? 0;
    yield targetScale && numbers
      ? [writeNumber(numbers[i] ?? 0, targetScale)]
      : [names[number] ?? "", (probabilities?.[i * names.length + number] ?? 0).toFixed(6)];
    i += 1;
  }
}

/** Digits of a float32. */
const DIGITS = 8;
/** Digits of a float64. */
const MOST_DIGITS = 17;

/** A number with the digits that it has: those of the network's float32, and those that the shift is larger by. */
function writeNumber(x: number, { shift: [shift = 0], factor: [factor = 1] }: Scale): string {
  const scaled = factor === 0 ? 0 : Math.max(Math.abs(x - shift), 1 / factor);
  const digits = DIGITS + Math.ceil(Math.log10(Math.abs(x) / scaled));
  return String(Number(x.toPrecision(Math.min(MOST_DIGITS, Math.max(DIGITS, digits || 0)))));
}

/** What a spreadsheet takes for a formula, be it behind letters that are not seen; a number is none, though it may begin with a sign. */
const isFormula = (cell: string): boolean => /^\p{C}*[=+\-@\t\r＝＋－＠]/u.test(cell) && !isNumber(cell);

/**
 * Rows as lines of CSV. A row of one blank cell would be a blank line, which is no row, so that cell is in quotes.
 * @param safe whether a spreadsheet may open them: some part lines at `;` and tabs too, so that a cell that holds one is in quotes
 */
function* linesOf(rows: Iterable<readonly string[]>, safe: boolean): Iterable<string> {
  for (const row of rows) {
    const cells = safe ? row.map((cell) => (isFormula(cell) ? `'${cell}` : cell)) : [...row];
    const quotes = cells.map((cell) => (cells.length === 1 && cell === "") || (safe && /[;\t]/.test(cell)));
    yield Papa.unparse([cells], { newline: "\n", quotes });
  }
}
