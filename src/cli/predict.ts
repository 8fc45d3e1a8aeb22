import Papa from "papaparse";
import { describe, numberIn } from "../data/cell.ts";
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
import { checkWritable, readBytes, readTable, writeWhole } from "./files.ts";
import { formatCount } from "./format.ts";
import { type Judged, judge } from "./judge.ts";
import { print, say } from "./output.ts";
import type { Terminal } from "./terminal.ts";

export interface PredictCommand {
  readonly out?: string;
}

/**
 * `chainrule predict`: the predictions as CSV, and how good they are where the table holds the target. A row without all its
 * inputs has none, and one without a target that the model knows is not judged by.
 * @returns exit status
 */
export async function predict(
  modelPath: string,
  path: string,
  { out }: PredictCommand,
  terminal: Terminal,
): Promise<number> {
  const { folder, stdout, stderr } = terminal;
  const loaded = loadModel(readBytes(modelPath, folder), modelPath);
  const description = readDescription(loaded.metadata, modelPath, loaded);
  const table = readTable(path, folder);
  const known = knownRows(table, description);
  if (out !== undefined) checkWritable(out, [modelPath, path], folder);

  const device = await terminal.openDevice();
  const prediction = await predictRows(loaded, known, device);
  const csv = formatPredictions(prediction, known, table.rows.length, description);
  if (out === undefined) await print(stdout, csv);
  else writeWhole(out, csv, folder);

  const { part, left } = judgedRows(table, description, known, prediction);
  const lines = [...leftOut(table, known), ...left, ...(part === undefined ? [] : judge(description, [part]))];
  if (lines.length > 0) say(stderr, ...lines);
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
    `without a prediction: ${count}, the first since ${fault.where}: got ${fault.got}, expected ${fault.expected}`,
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
  const targets: number[] = [];
  const judged: number[] = [];
  let blank = 0;
  const odd: number[] = [];
  for (const [i, row] of known.rows.entries()) {
    const cell = rows.at(row)?.[column] ?? "";
    const value = read(cell);
    if (value !== undefined) {
      targets.push(value);
      judged.push(i);
    } else if (cell === "") blank += 1;
    else odd.push(row);
  }
  const [first] = odd;
  const left = [
    ...(blank > 0 ? [`${formatCount(blank, "row")} without a "${target}"`] : []),
    ...(first === undefined
      ? []
      : [
          `${formatCount(odd.length, "row")} with ${task === "classification" ? "a class that the model does not know" : "what is no number"}, the first ${describe(rows.at(first)?.[column] ?? "")} on line ${lineOf(first)}`,
        ]),
  ];
  const which = Uint32Array.from(judged);
  const prediction = {
    outputs: takeRows(outputs, outputs.length / known.rows.length, which),
    classes: predicted && takeRows(predicted, 1, which),
  };
  return {
    part: targets.length === 0 ? undefined : { name: "given", targets, prediction },
    left: left.length === 0 ? [] : [`not in the score: ${left.join(", and ")}`],
  };
}

function isBlank(rows: Table["rows"], column: number): boolean {
  for (const cells of rows) if (cells[column] !== "") return false;
  return true;
}

/** One row of CSV for each row of the table: the class and its probability, or the number, and a header above; blank where there is none. */
function formatPredictions(
  { outputs, probabilities, classes }: Prediction,
  { rows }: KnownRows,
  count: number,
  description: TableDescription,
): string {
  const { classes: names, target, targetScale } = description;
  // No two columns of one name, which no reader of tables would take.
  const probability = target === "probability" ? "probability of the class" : "probability";
  const header = targetScale ? [target] : [target, probability];
  const cells = Array.from({ length: count }, () => header.map(() => ""));
  const numbers = targetScale && undoScale(outputs, targetScale);
  for (const [i, row] of rows.entries()) {
    const number = classes?.[i] ?? 0;
    cells[row] =
      targetScale && numbers
        ? [writeNumber(numbers[i] ?? 0, targetScale)]
        : [names[number] ?? "", (probabilities?.[i * names.length + number] ?? 0).toFixed(6)];
  }
  return unparse([header, ...cells]);
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

/** A row of one blank cell would be a blank line, which is no row, so that cell is in quotes. */
const unparse = (rows: readonly (readonly string[])[]) => {
  const quotes = rows[0]?.length === 1 ? (cell: unknown) => cell === "" : false;
  return `${Papa.unparse(rows as string[][], { newline: "\n", quotes })}\n`;
};
