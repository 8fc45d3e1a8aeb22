import { DataError } from "../errors.ts";
import type { Loss } from "../model/loss.ts";
import type { Dataset } from "./types.ts";

/** A data set as the GPU takes it. */
export interface Rows {
  readonly rows: number;
  readonly columns: number;
  readonly inputs: Float32Array<ArrayBuffer>;
  readonly targets: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
}

/**
 * Checks a data set and brings it into the form that the GPU takes.
 * @param outputs numbers that the network gives a row
 * @throws DataError naming the row and column
 */
export function checkDataset(where: string, data: Dataset, loss: Loss, outputs: number): Rows {
  const classes = loss === "softmaxCrossEntropy";
  const rows = classes ? data.targets.length : data.targets.length / outputs;
  if (rows === 0) refuse(where, "no rows", "at least one row", "give the rows to work on");
  if (!Number.isInteger(rows)) {
    refuse(
      `${where}: targets`,
      `${data.targets.length} numbers`,
      `a multiple of the ${outputs} outputs`,
      "give whole rows",
    );
  }
  const columns = data.inputs.length / rows;
  if (!Number.isInteger(columns) || columns === 0) {
    refuse(
      `${where}: inputs`,
      `${data.inputs.length} numbers`,
      `a multiple of the ${rows} rows that the targets have`,
      "give inputs and targets of the same rows",
    );
  }
  const inputs = checkInputs(where, data.inputs, columns);
  const targets = classes ? checkLabels(where, data.targets, outputs) : checkTargets(where, data.targets, outputs);
  return { rows, columns, inputs, targets };
}

/** @throws DataError where a value is not a finite float32 */
export function checkInputs(where: string, given: ArrayLike<number>, columns: number): Float32Array<ArrayBuffer> {
  return finite(`${where}: inputs`, given, columns);
}

/**
 * Whole rows to be predicted.
 * @param columns that the network takes
 * @throws DataError where they are no whole rows, or a value is not a finite float32
 */
export function checkRows(where: string, given: ArrayLike<number>, columns: number) {
  const rows = given.length / columns;
  if (!Number.isInteger(rows) || rows === 0) {
    refuse(
      `${where}: inputs`,
      `${given.length} numbers`,
      `at least one row, each of the ${columns} columns that the network takes`,
      "give whole rows",
    );
  }
  return { rows, values: checkInputs(where, given, columns) };
}

const checkTargets = (where: string, given: ArrayLike<number>, columns: number) =>
  finite(`${where}: targets`, given, columns);

function finite(where: string, given: ArrayLike<number>, columns: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(given);
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    throw new DataError({
      where: `${where}: row ${Math.floor(i / columns) + 1}, column ${(i % columns) + 1}`,
      got: String(given[i]),
      expected: "a finite number that float32 can hold",
      remedy: "mend or leave out the row",
      line: Math.floor(i / columns) + 1,
      column: (i % columns) + 1,
    });
  }
  return values;
}

function checkLabels(where: string, given: ArrayLike<number>, classes: number): Uint32Array<ArrayBuffer> {
  const labels = new Uint32Array(given.length);
  for (let i = 0; i < labels.length; i++) {
    const label = given[i] as number;
    if (Number.isInteger(label) && label >= 0 && label < classes) {
      labels[i] = label;
      continue;
    }
    throw new DataError({
      where: `${where}: targets: row ${i + 1}`,
      got: `class ${label}`,
      expected: `a whole number from 0 to ${classes - 1}, as the network has ${classes} outputs`,
      remedy: "number the classes from 0, or give the last layer one unit a class",
      line: i + 1,
    });
  }
  return labels;
}

function refuse(where: string, got: string, expected: string, remedy: string): never {
  throw new DataError({ where, got, expected, remedy });
}
