import { checkOptions, cloneOf, type Shape, show, tagOf } from "../model/options.ts";
import { count } from "../model/schedule.ts";
import { isBytes, packBytes } from "./bytes.ts";
import { toFloats } from "./floats.ts";
import type { Network } from "./network.ts";
import type { ByteScale, Dataset } from "./types.ts";
import { unfit } from "./unfit.ts";

/** Inputs as the GPU takes them: f32, or packed bytes. */
export type Inputs = Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** A data set as the GPU takes it. */
export interface Rows {
  readonly rows: number;
  readonly columns: number;
  readonly inputs: Inputs;
  readonly targets: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
  /** What bytes stand for, where the data say it themselves. */
  readonly stands: ByteScale;
}

export const scaleShape: Shape<ByteScale> = { scale: 0, offset: 0 };

/** Part of a number by which others must differ from it to tell something: float64 itself holds 2⁻⁵². */
const MERGED = 2 ** -46;

/** What a data set is to fit. */
export type Fitting = Pick<Network, "loss" | "outputs" | "bytes"> & {
  /** Columns that the network takes, where they are known before the data. */
  readonly inputs?: number | undefined;
  /** Whether it is to be learned from. */
  readonly isTrained?: boolean;
};

/**
 * Checks a data set and brings a copy of it into the form that the GPU takes.
 * @throws ModelError for a key that a data set does not have; Unfit for a ShapeError, or for a DataError naming row and column
 */
export function checkDataset(where: string, data: Dataset, network: Fitting): Rows {
  // What is missing is no array, which is said with what is expected.
  if (/Array$/.test(tagOf(data))) unfit("noDataset", where);
  const given = checkOptions<Partial<Dataset>>(where, data, {
    inputs: 0,
    targets: 0,
    columns: 0,
    transfer: 2,
    ...scaleShape,
  });
  const { inputs, targets, scale = 1, offset = 0 } = given as Dataset;
  const { loss, outputs } = network;
  const numbers = checkArray(`${where}: inputs`, inputs);
  const answers = checkArray(`${where}: targets`, targets);
  const classes = loss === "softmaxCrossEntropy";
  /** Numbers of a row's target. */
  const width = classes ? 1 : outputs;
  const { columns: stated = network.inputs } = given;
  if (stated !== undefined) count(where, "columns", stated, 1);
  const rows = stated ? numbers / stated : answers / width;
  if (rows === 0) unfit("noRows", where);
  if (stated) wholeRows(where, numbers, stated);
  if (classes && !stated && (outputs > 2 || (numbers === answers && isPaired(targets, answers))))
    if (isOneHot(targets, answers, outputs)) unfit("oneHot", where, answers, outputs);
  if (!Number.isInteger(rows)) unfit("partialTargets", where, answers, width);
  const columns = numbers / rows;
  if (!Number.isInteger(columns) || columns === 0) unfit("partialInputs", where, numbers, rows);
  if (answers !== rows * width) unfit("otherTargets", where, answers, rows, columns, outputs, width);
  if (network.inputs && columns !== network.inputs) unfit("otherColumns", where, columns, network.inputs);
  const taken = {
    rows,
    columns,
    stands: { scale, offset },
    inputs: checkInputs(where, inputs, numbers, columns, given, network.bytes, network.isTrained),
    targets: classes
      ? checkLabels(where, targets, answers, outputs)
      : finite(`${where}: targets`, targets, answers, width, network.isTrained),
  };
  // Nothing else is refused of them.
  if (taken.inputs === inputs) {
    const moved = cloneOf(taken.inputs, [taken.inputs.buffer]);
    // What cannot be taken over, such as WebAssembly's memory, is copied; and some tell another length than they have.
    taken.inputs = moved === inputs ? moved.slice(0, numbers) : moved.subarray(0, numbers);
  }
  return taken;
}

/** @param length of the inputs @returns how many rows they are @throws Unfit unless they are whole rows, at least one */
export function wholeRows(where: string, length: number, columns: number): number {
  const rows = length / columns;
  if (!Number.isInteger(rows) || rows === 0) unfit("partialRows", where, length, columns);
  return rows;
}

/**
 * Whether targets, as many as inputs, may be one-hot rows of two: of data of two columns there are as many. Class numbers that look
 * so too are those of one column, and come to it by chance once in 2¹⁶, unless they take turns.
 */
function isPaired(targets: ArrayLike<number>, length: number): boolean {
  for (let i = 2; length > 31 && i < length; i += 2) if (targets[i] !== targets[0]) return true;
  return false;
}

/** Whether every run of `outputs` targets holds one 1 and else 0. */
function isOneHot(targets: ArrayLike<number>, length: number, outputs: number): boolean {
  for (let first = 0; first < length; first += outputs) {
    let sum = 0;
    for (let i = first; i < first + outputs; i++) {
      const target = targets[i] as number;
      if (target !== 0 && target !== 1) return false;
      sum += target;
    }
    if (sum !== 1) return false;
  }
  return true;
}

/** @returns its length, which is asked for once: some lists tell another each time @throws Unfit unless `values` is a list */
export function checkArray(where: string, values: ArrayLike<number> | undefined): number {
  const length = typeof values === "object" && values?.length;
  if (typeof length !== "number") return unfit("noArray", where, show(values));
  // No buffer holds more.
  if (length >>> 0 !== length) unfit("noArray", where, `length ${length}`);
  const first = (values as ArrayLike<unknown>)[0];
  if (typeof first === "object" && (first as ArrayLike<number> | null)?.length) unfit("nested", where);
  return length;
}

/**
 * A copy of inputs as the GPU takes them.
 * @param bytes what bytes stood for when the network was trained; undefined where it was on floats
 * @throws Unfit where a value is not a finite float32, or where it is not known what bytes stand for, or a scale is given for what
 *   are no bytes
 */
export function checkInputs(
  where: string,
  given: ArrayLike<number>,
  length: number,
  columns: number,
  stated: ByteScale & Pick<Dataset, "transfer">,
  bytes: ByteScale | undefined,
  isTrained?: boolean,
): Inputs {
  const { scale, offset, transfer } = stated;
  const isStated = scale !== undefined || offset !== undefined;
  if (isBytes(given)) {
    return packBytes(`${where}: inputs`, given, isStated ? stated : (bytes ?? unfit("unknownBytes", where)));
  }
  for (const [name, value] of Object.entries({ scale, offset })) {
    if (value !== undefined) unfit("noBytes", where, name, show(value));
  }
  return finite(`${where}: inputs`, given, length, columns, isTrained, transfer);
}

/**
 * Values as float32.
 * @param isTrained whether they are to be learned from
 * @throws Unfit at the first that is none, and where all of a column become one to learn from, though they differ
 */
function finite(
  where: string,
  given: ArrayLike<number>,
  length: number,
  columns: number,
  isTrained?: boolean,
  transfer?: boolean,
): Float32Array<ArrayBuffer> {
  const floats = toFloats(given, length, transfer);
  if (typeof floats === "number") return unfit("notFinite", where, show(given[floats]), floats, columns);
  if (!isTrained) return floats;
  for (let column = 0; column < columns; column++) {
    const one = given[column] as number;
    let spread = 0;
    let i = column;
    for (; i < floats.length && floats[i] === floats[column]; i += columns) {
      spread = Math.max(spread, Math.abs((given[i] as number) - one));
    }
    // float32 holds 24 bits of a number, and those of times in milliseconds are the same for minutes. Less is float64's own noise.
    if (i >= floats.length && floats[column] && spread > MERGED * Math.abs(one)) {
      unfit("merged", where, given, column, columns);
    }
  }
  return floats;
}

function checkLabels(
  where: string,
  given: ArrayLike<number>,
  length: number,
  classes: number,
): Uint32Array<ArrayBuffer> {
  const labels = new Uint32Array(length);
  for (let i = 0; i < labels.length; i++) {
    const label = given[i] as number;
    if (!(Number.isInteger(label) && label >= 0 && label < classes)) unfit("noClass", where, i, show(label), classes);
    labels[i] = label;
  }
  return labels;
}
