import { DataError } from "../errors.ts";
import { isPlainJson } from "./nesting.ts";
import { type Scale, scalings } from "./scale.ts";
import { type Task, tasks } from "./task.ts";

/** How a table's columns become the numbers that a network takes and gives; kept as JSON in the model's file. */
export interface TableDescription {
  /** Names of the columns that are the network's inputs, in this order. */
  readonly inputs: readonly string[];
  readonly target: string;
  readonly task: Task;
  /** Names of the classes by number; empty for regression. */
  readonly classes: readonly string[];
  readonly inputScale: Scale;
  /** Of the target, for regression; undone in predictions. */
  readonly targetScale?: Scale;
}

/** Key of the description in a safetensors file's metadata. */
export const descriptionKey = "chainrule.table";

/**
 * Reads a description from a model's metadata.
 * @param where name of the file for error messages
 * @throws DataError where there is none, or it is damaged
 */
export function readDescription(metadata: Readonly<Record<string, string>>, where: string): TableDescription {
  const text = metadata[descriptionKey];
  if (text === undefined) {
    throw new DataError({
      where,
      got: "a model that does not tell the columns of its table",
      expected: "a model trained on a table",
      remedy: "give a model written by `chainrule train`",
    });
  }
  const value = parse(text);
  if (isDescription(value)) return value;
  throw new DataError({
    where: `${where}: metadata "${descriptionKey}"`,
    got: "text that is no description of a table",
    expected: "JSON with inputs, target, task, classes and scales",
    remedy: "get the file again, or train anew",
  });
}

function parse(text: string): unknown {
  try {
    return isPlainJson(text) ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

type Unknown<T> = { readonly [K in keyof T]?: unknown };

function isDescription(value: unknown): value is TableDescription {
  if (typeof value !== "object" || value === null) return false;
  const { inputs, target, task, classes, inputScale, targetScale }: Unknown<TableDescription> = value;
  return (
    isListOf(inputs, isText) &&
    inputs.length > 0 &&
    isText(target) &&
    tasks.some((known) => known === task) &&
    isListOf(classes, isText) &&
    (task === "regression" || classes.length > 1) &&
    isScale(inputScale, inputs.length) &&
    (targetScale === undefined ? task === "classification" : isScale(targetScale, 1))
  );
}

function isScale(value: unknown, columns: number): value is Scale {
  if (typeof value !== "object" || value === null) return false;
  const { kind, shift, factor }: Unknown<Scale> = value;
  const fits = (list: unknown) => isListOf(list, Number.isFinite) && list.length === columns;
  return scalings.some((known) => known === kind) && fits(shift) && fits(factor);
}

const isText = (value: unknown): value is string => typeof value === "string";

const isListOf = <T>(
  list: unknown,
  is: ((value: unknown) => value is T) | ((value: unknown) => boolean),
): list is T[] => Array.isArray(list) && list.every((value) => is(value));
