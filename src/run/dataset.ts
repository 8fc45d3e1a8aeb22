import { DataError } from "../errors.ts";
import type { Loss } from "../model/loss.ts";
import { checkOptions, refuse as refuseAs, show } from "../model/options.ts";
import { isBytes, packBytes } from "./bytes.ts";
import { toFloats } from "./floats.ts";
import type { ByteScale, Dataset } from "./types.ts";

/** Inputs as the GPU takes them: f32, or packed bytes. */
export type Inputs = Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** A data set as the GPU takes it. */
export interface Rows {
  readonly rows: number;
  readonly columns: number;
  readonly inputs: Inputs;
  readonly targets: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
}

/**
 * Checks a data set and brings it into the form that the GPU takes.
 * @param outputs numbers that the network gives a row
 * @throws ModelError for a key that a data set does not have; DataError naming the row and column
 */
export function checkDataset(where: string, data: Dataset, loss: Loss, outputs: number): Rows {
  // What is missing is no array, which is said with what is expected.
  checkOptions<Partial<Dataset>>(where, data, { inputs: 0, targets: 0, scale: 0, offset: 0 });
  checkArray(`${where}: inputs`, data.inputs);
  checkArray(`${where}: targets`, data.targets);
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
  const inputs = checkInputs(where, data.inputs, columns, data);
  const targets = classes ? checkLabels(where, data.targets, outputs) : checkTargets(where, data.targets, outputs);
  return { rows, columns, inputs, targets };
}

/** @throws DataError unless `values` is a list */
export function checkArray(where: string, values: ArrayLike<number> | undefined): void {
  if (typeof values === "object" && typeof values?.length === "number") return;
  refuse(where, show(values), "an array of numbers", "give a plain or typed array");
}

/** @throws DataError where a value is not a finite float32, or a scale is given for what are no bytes */
export function checkInputs(where: string, given: ArrayLike<number>, columns: number, byteScale: ByteScale): Inputs {
  if (isBytes(given)) return packBytes(`${where}: inputs`, given, byteScale);
  for (const name of ["scale", "offset"] as const) {
    if (byteScale[name] === undefined) continue;
    refuse(
      `${where}: ${name}`,
      `${show(byteScale[name])} for inputs that are no bytes`,
      "inputs of a Uint8Array or Uint8ClampedArray",
      "give bytes, or scale the numbers and leave it out",
    );
  }
  return finite(`${where}: inputs`, given, columns);
}

const checkTargets = (where: string, given: ArrayLike<number>, columns: number) =>
  finite(`${where}: targets`, given, columns);

const finite = (where: string, given: ArrayLike<number>, columns: number) =>
  toFloats(given, (i) => {
    const [line, column] = [Math.floor(i / columns) + 1, (i % columns) + 1];
    throw new DataError({
      where: `${where}: row ${line}, column ${column}`,
      got: show(given[i]),
      expected: "a finite number that float32 can hold",
      remedy: "mend or leave out the row",
      line,
      column,
    });
  });

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
      got: `class ${show(label)}`,
      expected: `a whole number from 0 to ${classes - 1}, as the network has ${classes} outputs`,
      remedy: "number the classes from 0, or give the last layer one unit a class",
      line: i + 1,
    });
  }
  return labels;
}

/** @throws DataError */
export function refuse(where: string, got: string, expected: string, remedy: string): never {
  refuseAs(where, got, expected, remedy, DataError);
}
