import {
  type Activation,
  activations,
  adam,
  adamw,
  dense,
  type Model,
  type Optimizer,
  sequential,
  sgd,
} from "chainrule";
import { type Scaling, scalings, type Task, tasks } from "chainrule/table";

/** What the command line's `train` is told too. */
export interface DataOptions {
  readonly target: string;
  /** Undefined takes the guess. */
  readonly task: Task | undefined;
  /** Columns that are not learned from. */
  readonly ignored: readonly string[];
  /** Units of the hidden layers. */
  readonly layers: readonly number[];
  readonly activation: Activation;
  readonly optimizer: OptimizerName;
  readonly rate: number;
  readonly decay: number;
  readonly batch: number;
  readonly epochs: number;
  readonly seed: number;
  readonly testFraction: number;
  readonly scale: Scaling;
  readonly scaleTarget: Scaling;
}

export const optimizerNames = ["sgd", "momentum", "adam", "adamw"] as const;
export type OptimizerName = (typeof optimizerNames)[number];

export const activationNames = activations;
export const rates: readonly number[] = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3];
export const decays: readonly number[] = [0, 0.0001, 0.001, 0.01, 0.1];
export const fractions: readonly number[] = [0, 0.1, 0.2, 0.3, 0.5];

/** Sizes of hidden layers as the command line takes them: `64,32`, or `none`. */
export const layersPattern = /^(none|[1-9]\d{0,3}(\s*,\s*[1-9]\d{0,3})*)$/;

export const layersText = (layers: readonly number[]): string => layers.join(",") || "none";

export const parseLayers = (text: string): number[] => (text === "none" ? [] : text.split(",").map(Number));

export const initialOptions: DataOptions = {
  target: "",
  task: undefined,
  ignored: [],
  layers: [64],
  activation: "relu",
  optimizer: "adam",
  rate: 0.003,
  decay: 0,
  batch: 32,
  epochs: 50,
  seed: 0,
  testFraction: 0.2,
  scale: "standard",
  scaleTarget: "standard",
};

/** Rows to train on, as the library splits them. */
export const trainRows = (rows: number, { testFraction }: DataOptions): number =>
  rows - Math.round(rows * testFraction);

/** Rows of a batch: no more than there are. */
export const batchOf = (options: DataOptions, rows: number): number =>
  Math.min(options.batch, trainRows(rows, options));

export const modelOf = ({ layers, activation }: DataOptions, outputs: number): Model =>
  sequential([...layers.map((units) => dense(units, activation)), dense(outputs)]);

/** The optimizer that the command line makes of the same options. */
export function optimizerOf({ optimizer, rate, decay }: DataOptions): Optimizer {
  const options = { learningRate: rate, weightDecay: decay };
  switch (optimizer) {
    case "sgd":
      return sgd(options);
    case "momentum":
      return sgd({ ...options, momentum: 0.9 });
    case "adam":
      return adam({ ...options, decay: "per-batch" });
    case "adamw":
      return adamw(options);
  }
}

/** The command that trains the same network on the same table. */
export function commandOf(file: string, rows: number, task: Task, options: DataOptions): string {
  const { target, ignored, layers, activation, optimizer, rate, decay, epochs, seed } = options;
  const words = [
    ["npx", "chainrule", "train", file],
    ["--target", target],
    ["--task", task],
    ignored.length > 0 ? ["--ignore", ignored.join(",")] : [],
    ["--layers", layersText(layers)],
    ["--activation", activation],
    ["--optimizer", optimizer],
    ["--learning-rate", String(rate)],
    decay > 0 ? ["--weight-decay", String(decay)] : [],
    ["--batch", String(batchOf(options, rows))],
    ["--epochs", String(epochs)],
    ["--seed", String(seed)],
    ["--test-fraction", String(options.testFraction)],
    ["--scale", options.scale],
    task === "regression" ? ["--scale-target", options.scaleTarget] : [],
    ["--out", modelName(file)],
  ];
  return words.flat().map(quote).join(" ");
}

/** `table.csv` gives `table.safetensors`, as in the command line. */
export const modelName = (file: string): string => `${file.replace(/\.[^.]*$/, "")}.safetensors`;

/** A word of a command, in quotes where a shell would take it for something else. */
export const quote = (word: string): string =>
  /^[\w.,/+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

type Reader<T> = (text: string) => T | undefined;
const oneOf =
  <T extends string>(words: readonly T[]): Reader<T> =>
  (text) =>
    words.find((word) => word === text);
const among =
  (fits: (value: number) => boolean): Reader<number> =>
  (text) =>
    text !== "" && fits(Number(text)) ? Number(text) : undefined;
const whole = (least: number, most: number) =>
  among((value) => Number.isInteger(value) && value >= least && value <= most);

const readers: { readonly [K in keyof DataOptions]: Reader<DataOptions[K]> } = {
  target: (text) => text,
  task: oneOf(tasks),
  ignored: (text) => text.split(",").filter((name) => name !== ""),
  layers: (text) => (layersPattern.test(text) ? parseLayers(text) : undefined),
  activation: oneOf(activationNames),
  optimizer: oneOf(optimizerNames),
  rate: among((value) => value > 0),
  decay: among((value) => value >= 0),
  batch: whole(1, 65536),
  epochs: whole(1, 100000),
  seed: whole(0, 2 ** 32 - 1),
  testFraction: among((value) => value >= 0 && value < 1),
  scale: oneOf(scalings),
  scaleTarget: oneOf(scalings),
};

const textOf = (options: DataOptions, name: keyof DataOptions): string =>
  name === "layers" ? layersText(options.layers) : String(options[name] ?? "");

const keys = Object.keys(readers) as (keyof DataOptions)[];

/** What differs from the options that a table begins with, as the query of an address. */
export function toQuery(options: DataOptions, from: DataOptions, sample: string | undefined): URLSearchParams {
  const changed = keys.filter((name) => textOf(options, name) !== textOf(from, name));
  const query = new URLSearchParams(sample === undefined ? {} : { sample });
  for (const name of changed) query.set(name, textOf(options, name));
  return query;
}

/** Reads what `toQuery` wrote; what is missing or makes no sense is as in `from`. */
export function fromQuery(query: URLSearchParams, from: DataOptions): DataOptions {
  const read = <K extends keyof DataOptions>(name: K): Partial<DataOptions> => {
    const text = query.get(name);
    const value = text === null ? undefined : readers[name](text);
    return value === undefined ? {} : { [name]: value };
  };
  return Object.assign({}, from, ...keys.map(read));
}
