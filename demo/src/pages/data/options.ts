import { type Activation, activations, dense, type Model } from "chainrule";
import { quoteNames, type Scaling, scalings, type Task, tasks, trainRows } from "chainrule/table";
import { layersText, networkOf, type OptimizerName } from "../../network.ts";
import { changesOf, isDecay, isRate, isSeed, namesText, number, parseNames, pick, whole } from "../../query.ts";
import type { Progress } from "../../worker/course.ts";

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

export const optimizerNames: readonly OptimizerName[] = ["sgd", "momentum", "adam", "adamw"];
export const activationNames = activations;
export const rates: readonly number[] = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3];
export const decays: readonly number[] = [0, 0.0001, 0.001, 0.01, 0.1];
export const fractions: readonly number[] = [0, 0.1, 0.2, 0.3, 0.5];

/** Sizes of up to 100 hidden layers as the command line takes them: `64,32`, or `none`. */
export const layersPattern = /^(none|[1-9]\d{0,3}(\s*,\s*[1-9]\d{0,3}){0,99})$/;

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

/** Rows of a batch: no more than there are. */
export const batchOf = (options: DataOptions, rows: number): number =>
  Math.min(options.batch, trainRows(rows, options.testFraction));

export const modelOf = ({ layers, activation }: DataOptions, outputs: number): Model =>
  networkOf(layers, activation, dense(outputs));

/** How long a configuration trains that trains the same. */
export interface Length {
  readonly epochs: number;
  /** Whether the training is on its way to these, since a configuration tells whole epochs alone. */
  readonly onTheWay: boolean;
}

/** The epochs that were taken, or that a training goes to. @param epochSteps steps of an epoch */
export function lengthOf(progress: Pick<Progress, "running" | "step" | "until">, epochSteps: number): Length {
  const { running, step, until } = progress;
  const onTheWay = running || step % epochSteps !== 0;
  return { epochs: (onTheWay || step === 0 ? until : step) / epochSteps, onTheWay };
}

/** What the command line's `train --config` takes, to train the same network on the same table. */
export function configOf(rows: number, task: Task, options: DataOptions): Readonly<Record<string, string | number>> {
  const { target, ignored, layers, activation, optimizer, rate, decay, epochs, seed } = options;
  return {
    target,
    task,
    ...(ignored.length > 0 && { ignore: quoteNames(ignored) }),
    layers: layersText(layers),
    activation,
    // As the page's layers begin, and its rate stays.
    initializer: activation === "relu" ? "he" : "glorot",
    optimizer,
    "learning-rate": rate,
    schedule: "constant",
    ...(decay > 0 && { "weight-decay": decay }),
    batch: batchOf(options, rows),
    epochs,
    seed,
    "test-fraction": options.testFraction,
    scale: options.scale,
    ...(task === "regression" && { "scale-target": options.scaleTarget }),
  };
}

const stem = (file: string): string => file.replace(/\.[^.]*$/, "");

/** `table.csv` gives `table.safetensors`, as in the command line. */
export const modelName = (file: string): string => `${stem(file)}.safetensors`;

/** `table.csv` gives `table.config.json`. */
export const configName = (file: string): string => `${stem(file)}.config.json`;

const textsOf = (options: DataOptions) => ({
  ...options,
  task: options.task ?? "",
  ignored: namesText(options.ignored),
  layers: layersText(options.layers),
});

/** What differs from the options that a table begins with, as the query of an address. */
export function toQuery(options: DataOptions, from: DataOptions, sample: string | undefined): URLSearchParams {
  const query = new URLSearchParams(sample === undefined ? {} : { sample });
  for (const [name, text] of changesOf(textsOf(options), textsOf(from))) query.set(name, text);
  return query;
}

/** Reads what `toQuery` wrote; what is missing or makes no sense is as in `from`. */
export function fromQuery(query: URLSearchParams, from: DataOptions): DataOptions {
  const layers = query.get("layers") ?? "";
  const ignored = query.get("ignored");
  return {
    target: query.get("target") ?? from.target,
    task: pick<Task | undefined>(query, "task", tasks, from.task),
    ignored: ignored === null ? from.ignored : parseNames(ignored),
    layers: layersPattern.test(layers) ? parseLayers(layers) : from.layers,
    activation: pick(query, "activation", activationNames, from.activation),
    optimizer: pick(query, "optimizer", optimizerNames, from.optimizer),
    rate: number(query, "rate", from.rate, isRate),
    decay: number(query, "decay", from.decay, isDecay),
    batch: number(query, "batch", from.batch, whole(1, 65_536)),
    epochs: number(query, "epochs", from.epochs, whole(1, 100_000)),
    seed: number(query, "seed", from.seed, isSeed),
    testFraction: number(query, "testFraction", from.testFraction, (value) => value >= 0 && value < 1),
    scale: pick(query, "scale", scalings, from.scale),
    scaleTarget: pick(query, "scaleTarget", scalings, from.scaleTarget),
  };
}

/** Options as far as a table has the columns that they name. @param from has a target of the table */
export function fitTo(columns: readonly string[], options: DataOptions, from: DataOptions): DataOptions {
  const target = columns.includes(options.target) ? options.target : from.target;
  return { ...options, target, ignored: options.ignored.filter((name) => columns.includes(name) && name !== target) };
}
