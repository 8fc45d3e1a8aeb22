import { DataError } from "../errors.ts";
import { checkOptions, refuse as refuseAs, type Shape, show } from "../model/options.ts";
import { count } from "../model/schedule.ts";
import { isBytes, packBytes } from "./bytes.ts";
import { toFloats } from "./floats.ts";
import type { Network } from "./network.ts";
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

export const scaleShape: Shape<ByteScale> = { scale: 0, offset: 0 };

/** What a data set is to fit. */
export type Fitting = Pick<Network, "loss" | "outputs" | "bytes"> & {
  /** Columns that the network takes, where they are known before the data. */
  readonly inputs?: number | undefined;
};

/**
 * Checks a data set and brings a copy of it into the form that the GPU takes.
 * @throws ModelError for a key that a data set does not have; DataError naming the row and column
 */
export function checkDataset(where: string, data: Dataset, network: Fitting): Rows {
  if (Array.isArray(data) || ArrayBuffer.isView(data)) {
    refuseAs(where, "a list of numbers", "{ inputs, targets }", "give both in one object");
  }
  // What is missing is no array, which is said with what is expected.
  checkOptions<Partial<Dataset>>(where, data, { ...scaleShape, inputs: 0, targets: 0, columns: 0 });
  const { loss, outputs } = network;
  checkArray(`${where}: inputs`, data.inputs);
  checkArray(`${where}: targets`, data.targets);
  const classes = loss === "softmaxCrossEntropy";
  const width = classes ? 1 : outputs;
  const { columns: stated = network.inputs } = data;
  const { rows, columns } = stated ? byColumns(where, data, stated, width, outputs) : byTargets(where, data, width);
  if (network.inputs !== undefined) checkColumns(where, columns, network.inputs);
  if (classes && !stated && outputs > 2 && isOneHot(data.targets, outputs)) {
    const got = `${data.targets.length} targets, one-hot in rows of ${outputs}`;
    refuse(`${where}: targets`, got, "one class number a row", `${CLASS_NUMBERS}, or state the data's columns`);
  }
  const inputs = checkInputs(where, data.inputs, columns, data, network.bytes);
  const targets = classes ? checkLabels(where, data.targets, outputs) : finite(`${where}: targets`, data.targets, width);
  return { rows, columns, inputs, targets };
}

const CLASS_NUMBERS = "give one class number a row, from 0";

/** The rows of inputs whose columns are known. */
function byColumns(where: string, { inputs, targets }: Dataset, columns: number, width: number, outputs: number) {
  count(where, "columns", columns, 1);
  const rows = wholeRows(`${where}: inputs`, inputs, columns);
  if (targets.length !== rows * width) {
    const each = width === 1 ? "" : ` of ${width} numbers`;
    refuse(
      `${where}: targets`,
      `${targets.length} targets for ${rows} rows of ${columns}`,
      `${rows * width}, one${each} a row`,
      width === 1 && targets.length === rows * outputs ? CLASS_NUMBERS : "give inputs and targets of the same rows",
    );
  }
  return { rows, columns };
}

/** The rows that there are targets for. @param width numbers of a row's target */
function byTargets(where: string, { inputs, targets }: Dataset, width: number) {
  const rows = targets.length / width;
  if (rows === 0) refuse(where, "no rows", "at least one row", "give the rows to work on");
  if (!Number.isInteger(rows)) {
    refuse(`${where}: targets`, `${targets.length} numbers`, `a multiple of the ${width} outputs`, "give whole rows");
  }
  const columns = inputs.length / rows;
  if (!Number.isInteger(columns) || columns === 0) {
    refuse(
      `${where}: inputs`,
      `${inputs.length} numbers`,
      `a multiple of the ${rows} rows that the targets have`,
      isNested(inputs) ? FLAT : "give inputs and targets of the same rows",
    );
  }
  return { rows, columns };
}

/** @returns how many rows they are @throws DataError unless they are whole rows, at least one */
export function wholeRows(where: string, inputs: ArrayLike<number>, columns: number): number {
  const rows = inputs.length / columns;
  if (Number.isInteger(rows) && rows > 0 && !isNested(inputs)) return rows;
  refuse(
    where,
    isNested(inputs) ? "a list of lists" : `${inputs.length} numbers`,
    `at least one row, each of the ${columns} columns that the network takes`,
    isNested(inputs) ? FLAT : "give whole rows",
  );
}

const isNested = (values: ArrayLike<unknown>): boolean => typeof values[0] === "object";

const FLAT = "give the numbers row after row in one list, such as rows.flat()";

/** Whether every run of `outputs` targets holds one 1 and else 0. */
function isOneHot(targets: ArrayLike<number>, outputs: number): boolean {
  let ones = 0;
  for (let i = 0; i < targets.length; i++) {
    if (targets[i] === 1) ones++;
    else if (targets[i] !== 0) return false;
    if (ones !== 1 && (ones > 1 || (i + 1) % outputs === 0)) return false;
    if ((i + 1) % outputs === 0) ones = 0;
  }
  return targets.length % outputs === 0;
}

/** @throws DataError unless `values` is a list */
export function checkArray(where: string, values: ArrayLike<number> | undefined): void {
  if (typeof values === "object" && typeof values?.length === "number") return;
  refuse(where, show(values), "an array of numbers", "give a plain or typed array");
}

/** @throws DataError where rows have another number of columns than the network takes */
function checkColumns(where: string, columns: number, inputs: number): void {
  if (columns === inputs) return;
  refuse(
    `${where}: inputs`,
    `${columns} columns`,
    `${inputs}, as the network takes`,
    "give the columns that the network was made for",
  );
}

/**
 * A copy of inputs as the GPU takes them.
 * @param bytes what bytes stood for when the network was trained; undefined where it was on floats
 * @throws DataError where a value is not a finite float32, or where it is not known what bytes stand for, or a scale is given for what
 *   are no bytes
 */
export function checkInputs(
  where: string,
  given: ArrayLike<number>,
  columns: number,
  { scale, offset }: ByteScale,
  bytes: ByteScale | undefined,
): Inputs {
  if (isBytes(given)) {
    const stated = scale === undefined && offset === undefined ? bytes : { scale, offset };
    if (stated) return packBytes(`${where}: inputs`, given, stated);
    refuse(
      `${where}: inputs`,
      "bytes for a network that was trained on floats",
      "floats, or scale and offset beside the bytes",
      "say what a byte stands for, such as { scale: 1 / 255 }",
    );
  }
  for (const [name, value] of Object.entries({ scale, offset })) {
    if (value === undefined) continue;
    refuse(
      `${where}: ${name}`,
      `${show(value)} for inputs that are no bytes`,
      "inputs of a Uint8Array or Uint8ClampedArray",
      "give bytes, or scale the numbers and leave it out",
    );
  }
  return finite(`${where}: inputs`, given, columns);
}

/** Values as float32. @throws DataError at the first that is none, and where different ones of a column become the same */
function finite(where: string, given: ArrayLike<number>, columns: number): Float32Array<ArrayBuffer> {
  const floats = toFloats(given);
  if (typeof floats === "number") {
    const [line, column] = [Math.floor(floats / columns) + 1, (floats % columns) + 1];
    const nested = isNested(given);
    throw new DataError({
      where: `${where}: row ${line}, column ${column}`,
      got: show(given[floats]),
      expected: "a finite number that float32 can hold",
      remedy: nested ? FLAT : "mend or leave out the row",
      line,
      column,
    });
  }
  for (let column = 0; column < columns; column++) checkDifferent(where, given, floats, column, columns);
  return floats;
}

/**
 * Checks that a column keeps what it tells: float32 holds 24 bits of a number, which times in milliseconds, 5 ms apart, all share.
 * @throws DataError where its numbers differ and float32 makes one of them all
 */
function checkDifferent(
  where: string,
  given: ArrayLike<number>,
  floats: Float32Array,
  column: number,
  columns: number,
): void {
  let differ = false;
  for (let i = column + columns; i < floats.length; i += columns) {
    if (floats[i] !== floats[column]) return;
    differ ||= given[i] !== given[column];
  }
  if (!differ) return;
  const numbers = Array.from({ length: floats.length / columns }, (_, row) => given[row * columns + column] as number);
  throw new DataError({
    where: `${where}: column ${column + 1}`,
    got: `${new Set(numbers).size} different numbers that become one in float32`,
    expected: "numbers that float32 tells apart",
    remedy: `subtract ${numbers.reduce((least, one) => Math.min(least, one))} from them first`,
    column: column + 1,
  });
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
      got: `class ${show(label)}`,
      expected: `a whole number from 0 to ${classes - 1}, as the network has ${classes} outputs`,
      remedy: "number the classes from 0, or give the last layer one unit a class",
      line: i + 1,
    });
  }
  return labels;
}

/** @throws DataError */
function refuse(where: string, got: string, expected: string, remedy: string): never {
  refuseAs(where, got, expected, remedy, DataError);
}
