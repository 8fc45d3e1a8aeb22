import { DataError } from "../errors.ts";
import { LARGEST_LOSS_SCALE } from "../kernels/control.ts";
import type { Rule } from "../model/optimizer.ts";
import { show } from "../model/options.ts";

/** An optimizer as a file names it. */
export interface FileOptimizer {
  readonly kind: Rule;
  /** What it keeps for each element of a parameter, in the order in which the numbers lie side by side. */
  readonly state: readonly string[];
}

/** The state of each kind of optimizer, by the formulas' names: as many as `stateWidths` counts. */
const states: Readonly<Record<Rule, readonly string[]>> = {
  sgd: [],
  momentum: ["v"],
  adam: ["m", "v"],
  adamw: ["m", "v"],
};

export const fileOptimizer = (kind: Rule): FileOptimizer => ({ kind, state: states[kind] });

/** The rows in the order that training takes them in, and where in it the next step begins. */
export interface RowOrder {
  /** Rows of the data set. */
  readonly rows: number;
  /** Rows of a full batch. */
  readonly batch: number;
  readonly seed: number;
  readonly shuffle: boolean;
  /** Epoch of the next step, counted from 0. */
  readonly epoch: number;
  /** Position of its first row in the epoch's order. */
  readonly row: number;
}

/** Where training stood: what a step needs beside parameters and optimizer state. */
export interface Progress {
  readonly step: number;
  /** Adam's bias corrections 1 − βᵗ as the GPU summed them, and the rates that they belong to. */
  readonly correction1: number;
  readonly correction2: number;
  readonly beta1: number;
  readonly beta2: number;
  /** The loss scale of f16 training, and whether the last step was skipped. A file of training in f32 has neither. */
  readonly lossScale?: number;
  readonly skipped?: boolean;
  /** A file of version 1 does not tell it. */
  readonly order?: RowOrder;
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

const isShare = (value: unknown): boolean => typeof value === "number" && value >= 0 && value <= 1;

const isLossScale = (value: unknown): boolean =>
  typeof value === "number" && value >= 1 && value <= LARGEST_LOSS_SCALE && Number.isInteger(Math.log2(value));

const isWord = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 32;

const isFlag = (value: unknown): boolean => typeof value === "boolean";

const word = "a whole number from 0 to 4294967295";
const share = "a number from 0 to 1";

type Checks<T> = Readonly<Record<keyof T & string, readonly [fits: (value: unknown) => boolean, expected: string]>>;

/** What a trainer can go on with. A rate β of 0 has the correction 1. */
const progressFields: Checks<Omit<Progress, "order">> = {
  step: [isWord, word],
  correction1: [isShare, share],
  correction2: [isShare, share],
  beta1: [isShare, share],
  beta2: [isShare, share],
  lossScale: [(value) => value === undefined || isLossScale(value), "a power of two from 1 to 65536"],
  skipped: [(value) => value === undefined || isFlag(value), "true or false"],
};

const orderFields = ({ rows, batch }: { readonly [K in keyof RowOrder]?: unknown }): Checks<RowOrder> => ({
  rows: [(value) => isWord(value) && value !== 0, "a whole number from 1 to 4294967295"],
  // More than all rows where a trainer was given fewer than its batch has room for.
  batch: [(value) => isWord(value) && value !== 0, "a whole number from 1 to 4294967295"],
  seed: [isWord, word],
  shuffle: [isFlag, "true or false"],
  epoch: [isWord, word],
  row: [
    (value) => isWord(value) && Number(value) < Number(rows) && Number(value) % Number(batch) === 0,
    `where one of the batches of ${show(batch)} of ${show(rows)} rows begins`,
  ],
});

function checkFields<T extends object>(path: string, values: Partial<T>, checks: Checks<T>, where: string): void {
  for (const name of Object.keys(checks) as (keyof T & string)[]) {
    const [fits, expected] = checks[name];
    const value = values[name];
    if (!fits(value)) refuseFile(where, `${path}.${name} ${isRecord(value) ? "an object" : show(value)}`, expected);
  }
}

/** @throws DataError where no trainer could go on so */
export function checkProgress(progress: Progress, where: string): void {
  checkFields<Omit<Progress, "order">>("training", progress, progressFields, where);
}

/** @throws DataError where it is none, or tells of no place in an epoch */
export function checkOrder(order: unknown, where: string): void {
  if (!isRecord(order)) refuseFile(where, `training.order ${show(order)}`, "the order of the rows");
  checkFields<RowOrder>("training.order", order, orderFields(order), where);
}

/** @throws DataError where it is none that this version knows, with the state that it keeps */
export function checkFileOptimizer(given: { readonly [K in keyof FileOptimizer]?: unknown }, where: string): void {
  // Lists of a word are its text too, and lists in lists have none where they are deep: only texts are compared.
  const { kind, state } = given;
  const known = Object.entries(states).find(([name]) => name === kind);
  if (known === undefined) refuseFile(where, `optimizer ${show(kind)}`, `one of ${Object.keys(states).join(", ")}`);
  const [name, names] = known;
  if (Array.isArray(state) && state.length === names.length && names.every((one, index) => state[index] === one))
    return;
  const listed =
    Array.isArray(state) && state.every((one) => typeof one === "string") ? `[${state.join(", ")}]` : show(state);
  refuseFile(where, `${name} with state ${listed}`, `${name} with state [${names.join(", ")}]`);
}

/** @throws DataError for a file of another form */
export function refuseFile(where: string, got: string, expected: string): never {
  throw new DataError({ where, got, expected, remedy: "use a file that chainrule wrote" });
}
