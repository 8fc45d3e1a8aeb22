import { DataError } from "../errors.ts";
import type { Model } from "../model/layer.ts";
import type { Loss } from "../model/loss.ts";
import { checkObject, refuse, show } from "../model/options.ts";
import { checkText } from "./check.ts";
import { isPlainJson } from "./nesting.ts";
import { type Scale, scalings } from "./scale.ts";
import { lossOf, type Task } from "./task.ts";

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

/** A network as `loadModel` gives it, as far as a description tells it. */
export interface Described {
  readonly model: Model;
  /** Numbers that it takes for a row. */
  readonly inputs: number;
  readonly loss: Loss;
}

/**
 * Reads a description from a model's metadata.
 * @param where name of the file for error messages
 * @param network that the description must fit, if it is known
 * @throws DataError where there is none, or it is damaged: a field is missing, too many, twice there, or does not fit another
 */
export function readDescription(
  metadata: Readonly<Record<string, string>>,
  where: string,
  network?: Described,
): TableDescription {
  checkText("readDescription", "where", where);
  checkObject("readDescription: metadata", metadata, "text");
  const text: unknown = Object.hasOwn(metadata, descriptionKey) ? metadata[descriptionKey] : undefined;
  if (text === undefined) {
    throw new DataError({
      where,
      got: "a model that does not tell the columns of its table",
      expected: "a model trained on a table",
      remedy: "give a model written by `chainrule train`",
    });
  }
  const value = parse(text);
  if (value === undefined) {
    throw new DataError({
      where: `${where}: metadata "${descriptionKey}"`,
      got: "text that is no description of a table",
      expected: "JSON with inputs, target, task, classes and scales",
      remedy: "get the file again, or train anew",
    });
  }
  if (network === undefined) return value;
  checkObject("readDescription: network", network, "model, inputs, loss");
  if (!Array.isArray(network.model?.layers)) {
    refuse("readDescription: network", `model ${show(network.model)}`, "a model", "give what loadModel gives");
  }
  checkFits(network, value, where);
  return value;
}

function checkFits({ model, inputs, loss }: Described, description: TableDescription, where: string): void {
  const outputs = model.layers.at(-1)?.units;
  const fits = outputs === (description.classes.length || 1) && loss === lossOf(description.task);
  if (fits && inputs === description.inputs.length) return;
  throw new DataError({
    where,
    got: `a network of ${inputs} inputs and ${outputs} outputs with ${loss}`,
    expected: `one for ${description.inputs.length} columns and ${description.task}, as the file says of its table`,
    remedy: "get the file again, or train anew",
  });
}

/** Whether a value of JSON is right, beside the others of its object. */
type Check = (value: unknown, beside: Readonly<Record<string, unknown>>) => boolean;

/** What JSON holds of an object: each field, right; where it may not be there, undefined. No field is forgotten, or does not compile. */
type Fields<T> = { readonly [K in keyof T]-?: Check | undefined };

/** @returns whether `value` is an object of these fields and no others */
function isWhole<T>(value: unknown, fields: Fields<T>): value is T {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const beside = value as Readonly<Record<string, unknown>>;
  const needed = Object.entries<Check | undefined>(fields).filter(([, is]) => is !== undefined);
  return (
    Object.keys(value).length === needed.length &&
    needed.every(([name, is]) => Object.hasOwn(value, name) && is?.(beside[name], beside))
  );
}

const isText: Check = (value) => typeof value === "string";

/** Whether it is a list of at least so many texts, none of which is there twice. */
const areNames = (value: unknown, least: number): value is string[] =>
  Array.isArray(value) &&
  value.length >= least &&
  value.every((name) => typeof name === "string") &&
  new Set(value).size === value.length;

const isScaleOf = (columns: number): Check => {
  const areNumbers: Check = (value) => Array.isArray(value) && value.length === columns && value.every(Number.isFinite);
  const fields: Fields<Scale> = {
    kind: (value) => scalings.some((known) => known === value),
    shift: areNumbers,
    factor: areNumbers,
  };
  return (value) => isWhole(value, fields);
};

const columns = {
  inputs: (value, { target }) => areNames(value, 1) && !value.includes(target as string),
  target: isText,
  inputScale: (value, { inputs }) => Array.isArray(inputs) && isScaleOf(inputs.length)(value, {}),
} satisfies Partial<Fields<TableDescription>>;

const fieldsOf: { readonly [K in Task]: Fields<TableDescription> } = {
  classification: {
    ...columns,
    task: (value) => value === "classification",
    classes: (value) => areNames(value, 2),
    targetScale: undefined,
  },
  regression: {
    ...columns,
    task: (value) => value === "regression",
    classes: (value) => Array.isArray(value) && value.length === 0,
    targetScale: isScaleOf(1),
  },
};

/** @returns undefined where the text is no whole description */
function parse(text: unknown): TableDescription | undefined {
  if (typeof text !== "string") return undefined;
  try {
    if (!isPlainJson(text)) return undefined;
    const value: unknown = JSON.parse(text);
    const whole = Object.values(fieldsOf).some((fields) => isWhole(value, fields));
    return whole && pairsIn(text) === pairsOf(value) ? (value as TableDescription) : undefined;
  } catch {
    return undefined;
  }
}

/** Pairs of a key and a value that JSON text holds, of which JSON.parse drops all but the last of one key. */
function pairsIn(text: string): number {
  let [pairs, quoted] = [0, false];
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (letter === '"') quoted = !quoted;
    else if (quoted && letter === "\\") at++;
    else if (!quoted && letter === ":") pairs++;
  }
  return pairs;
}

/** Pairs of what JSON.parse gave. */
function pairsOf(value: unknown): number {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return 0;
  return Object.values(value).reduce((sum: number, one) => sum + 1 + pairsOf(one), 0);
}
