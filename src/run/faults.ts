import { type ChainruleError, DataError, ModelError, PlanError, ShapeError } from "../errors.ts";
import { misfits } from "../model/misfit.ts";
import { remedyForName } from "../model/nearest.ts";
import { reading, show } from "../model/options.ts";
import { Unfit } from "../model/unfit.ts";

/** What can be wrong with given numbers, in words. */
const faults = {
  ...misfits,
  largeBatch: (where: string, batch: number, rows: number) =>
    sizes(where, `batch ${batch}`, `at most ${rows}, the rows of the data`, "take a smaller batch or more rows"),
  noDevice: (where: string, device: string) =>
    new ModelError({ where, got: device, expected: "a device", remedy: "open one with await openDevice()" }),
  noDataset: (where: string) =>
    new ModelError({
      where,
      got: "a list of numbers",
      expected: "{ inputs, targets }",
      remedy: "give both in one object",
    }),
  noArray: (where: string, values: string) => data(where, values, "an array of numbers", "give a plain or typed array"),
  nested: (where: string) =>
    data(where, "a list of lists", "an array of numbers", "give them row after row in one list, such as rows.flat()"),
  noRows: (where: string) => data(where, "no rows", "at least one row", "give the rows to work on"),
  /** @param outputs numbers of a row's target */
  partialTargets: (where: string, length: number, outputs: number) =>
    sizes(`${where}: targets`, `${length} numbers`, `a multiple of the ${outputs} outputs`, "give whole rows"),
  partialInputs: (where: string, length: number, rows: number) =>
    sizes(
      `${where}: inputs`,
      `${length} numbers`,
      `a multiple of the ${rows} rows that the targets have`,
      "give inputs and targets of the same rows",
    ),
  partialRows: (where: string, length: number, columns: number) =>
    sizes(
      `${where}: inputs`,
      `${length} numbers`,
      `at least one row, each of the ${columns} columns that the network takes`,
      "give whole rows",
    ),
  /** @param outputs of the network @param width numbers of a row's target */
  otherTargets: (where: string, length: number, rows: number, columns: number, outputs: number, width: number) =>
    sizes(
      `${where}: targets`,
      `${length} targets for ${rows} ${rows === 1 ? "row" : "rows"} of ${columns}`,
      `${rows * width}, one${width === 1 ? "" : ` of ${width} numbers`} a row`,
      width === 1 && length === rows * outputs ? CLASS_NUMBERS : "give inputs and targets of the same rows",
    ),
  oneHot: (where: string, length: number, outputs: number) =>
    data(
      `${where}: targets`,
      `${length} targets, one-hot in rows of ${outputs}`,
      "one class number a row",
      `${CLASS_NUMBERS}, or state the data's columns`,
    ),
  otherColumns: (where: string, columns: number, inputs: number) =>
    sizes(
      `${where}: inputs`,
      `${columns} columns`,
      `${inputs}, as the network takes`,
      "give the columns that the network was made for",
    ),
  unknownBytes: (where: string) =>
    data(
      `${where}: inputs`,
      "bytes for a network that was trained on floats",
      "floats, or scale and offset beside the bytes",
      "say what a byte stands for, such as { scale: 1 / 255 }",
    ),
  noBytes: (where: string, name: string, value: string) =>
    data(
      `${where}: ${name}`,
      `${value} for inputs that are no bytes`,
      "inputs of a Uint8Array or Uint8ClampedArray",
      "give bytes, or scale the numbers and leave it out",
    ),
  wrongScale: (where: string, scale: unknown, offset: unknown) =>
    data(
      where,
      `scale ${show(scale)} and offset ${show(offset)}`,
      "numbers by which scale · byte + offset is a finite float32",
      "leave them out to take the bytes as they are",
    ),
  notFinite: (where: string, value: string, index: number, columns: number) => {
    const [line, column] = [Math.floor(index / columns) + 1, (index % columns) + 1];
    return new DataError({
      where: `${where}: row ${line}, column ${column}`,
      got: value,
      expected: "a finite number that float32 can hold",
      remedy: "mend or leave out the row",
      line,
      column,
    });
  },
  /** Different numbers that are all the same in float32. */
  merged: (where: string, values: ArrayLike<number>, column: number, columns: number) => {
    const own = new Set(Array.from(values).filter((_, index) => index % columns === column));
    return new DataError({
      where: `${where}: column ${column + 1}`,
      got: `${own.size} different numbers that become one in float32`,
      expected: "numbers that float32 tells apart",
      remedy: `subtract ${[...own].reduce((least, one) => Math.min(least, one))} from them first`,
      column: column + 1,
    });
  },
  noClass: (where: string, index: number, label: string, classes: number) =>
    new DataError({
      where: `${where}: targets: row ${index + 1}`,
      got: `class ${label}`,
      expected: `a whole number from 0 to ${classes - 1}, as the network has ${classes} outputs`,
      remedy: "number the classes from 0, or give the last layer one unit a class",
      line: index + 1,
    }),
  unknownParameter: (where: string, name: string, known: readonly string[]) =>
    new PlanError({
      where,
      got: `parameter "${name}"`,
      expected: `one of ${known.join(", ")}`,
      remedy: remedyForName(name, known, "name a parameter of this network"),
    }),
  otherSize: (where: string, name: string, shape: readonly number[], length: string) =>
    new ShapeError({
      where: `${where}: ${name}`,
      got: `${length} values`,
      expected: `${shape.reduce((product, size) => product * size, 1)} for [${shape.join(", ")}]`,
      remedy: "give the values row-major, one for each element",
    }),
  noParameter: (where: string, name: string, value: string, index: number) =>
    data(
      `${where}: ${name}: element ${index + 1}`,
      value,
      "a finite number that float32 can hold",
      "give finite values",
    ),
} satisfies Readonly<Record<string, (...given: never[]) => ChainruleError>>;

export type Faults = typeof faults;

/** The error that a check's finding stands for, with the stack of the call that found it. */
export function errorOf({ fault, given, stack }: Unfit): ChainruleError {
  const error = (faults[fault as keyof Faults] as (...given: unknown[]) => ChainruleError)(...given);
  if (stack) error.stack = stack.replace(/^.*/, String(error).replaceAll("$", "$$$$"));
  return error;
}

/** Reads what a call that gives no promise was given. @throws the error of a check that is without words, with its words */
export function readingWhole<T>(where: string, read: () => T): T {
  try {
    return reading(where, read);
  } catch (cause) {
    throw cause instanceof Unfit ? errorOf(cause) : cause;
  }
}

const data = (where: string, got: string, expected: string, remedy: string) =>
  new DataError({ where, got, expected, remedy });

const sizes = (where: string, got: string, expected: string, remedy: string) =>
  new ShapeError({ where, got, expected, remedy });

const CLASS_NUMBERS = "give one class number a row, from 0";
