import Papa from "papaparse";
import type { Table } from "../data/csv.ts";
import { readDescription, type TableDescription } from "../data/description.ts";
import { scaleInputs, scaleRows } from "../data/problem.ts";
import { type Scale, undoScale } from "../data/scale.ts";
import { readClasses, readInputs, readTargets } from "../data/table.ts";
import { DataError } from "../errors.ts";
import { type LoadedModel, loadModel } from "../run/checkpoint.ts";
import { createPredictor } from "../run/predictor.ts";
import type { Prediction } from "../run/types.ts";
import { checkWritable, readBytes, readTable, writeWhole } from "./files.ts";
import { judge } from "./judge.ts";
import { print, say } from "./output.ts";
import type { Terminal } from "./terminal.ts";

export interface PredictOptions {
  readonly out?: string;
}

/** `chainrule predict`: the predictions as CSV, and how good they are where the table holds the target. @returns exit status */
export async function predict(
  modelPath: string,
  path: string,
  { out }: PredictOptions,
  terminal: Terminal,
): Promise<number> {
  const { folder, stdout, stderr } = terminal;
  const loaded = loadModel(readBytes(modelPath, folder), modelPath);
  const description = readDescription(loaded.metadata, modelPath);
  checkSizes(loaded, description, modelPath);
  const table = readTable(path, folder);
  const values = readInputs(table, description.inputs);
  const targets = readTargetColumn(table, description);
  if (out !== undefined) checkWritable(out, [modelPath, path], folder);

  const device = await terminal.openDevice();
  const predictor = await createPredictor(device, loaded);
  try {
    const prediction = await predictor.predict(scaleInputs(table, description, values));
    const csv = formatPredictions(prediction, description);
    if (out === undefined) await print(stdout, csv);
    else writeWhole(out, csv, folder);

    if (targets) {
      const part = { rows: targets.length, data: scaleRows(table, description, values, targets), targets };
      say(stderr, ...(await judge(predictor, description, [["given", part]])));
    }
    return 0;
  } finally {
    predictor.dispose();
  }
}

/** The target, where the table has it: undefined where there is no such column, or nothing in it. */
function readTargetColumn(table: Table, { target, task, classes }: TableDescription) {
  const column = table.columns.indexOf(target);
  if (column < 0 || table.rows.every((cells) => cells[column] === "")) return undefined;
  return task === "classification" ? readClasses(table, column, classes) : readTargets(table, column);
}

/** One row of CSV for each row of the table: the class and its probability, or the number, and a header above. */
function formatPredictions(
  { rows, outputs, probabilities, classes }: Prediction,
  description: TableDescription,
): string {
  const { classes: names, target, targetScale } = description;
  if (targetScale) {
    const numbers = Array.from(undoScale(outputs, targetScale), (x) => [writeNumber(x, targetScale)]);
    return unparse([[target], ...numbers]);
  }
  const cells = Array.from({ length: rows }, (_, row) => {
    const number = classes?.[row] ?? 0;
    const probability = probabilities?.[row * names.length + number] ?? 0;
    return [names[number] ?? "", probability.toFixed(6)];
  });
  // No two columns of one name, which no reader of tables would take.
  return unparse([[target, target === "probability" ? "probability of the class" : "probability"], ...cells]);
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

const unparse = (rows: readonly (readonly string[])[]) => `${Papa.unparse(rows as string[][], { newline: "\n" })}\n`;

function checkSizes({ model, inputs, loss }: LoadedModel, description: TableDescription, where: string): void {
  const outputs = model.layers.at(-1)?.units;
  const classification = description.task === "classification";
  const fits =
    inputs === description.inputs.length &&
    outputs === (classification ? description.classes.length : 1) &&
    loss === (classification ? "softmaxCrossEntropy" : "halfSquaredError");
  if (fits) return;
  throw new DataError({
    where,
    got: `a network of ${inputs} inputs and ${outputs} outputs with ${loss}`,
    expected: `one for ${description.inputs.length} columns and ${description.task}, as the file says of its table`,
    remedy: "get the file again, or train anew",
  });
}
