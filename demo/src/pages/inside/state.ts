import type { Activation } from "chainrule";
import { isDecay, isRate, isSeed, number, pick, whole } from "../../query.ts";

/** Everything that the page shows follows from this; it is in the address. */
export interface InsideState {
  /** Where the numbers begin: the published 2-2-2 example, or seeded rows and weights. */
  readonly start: "worked" | "seeded";
  readonly inputs: number;
  /** Units of each hidden layer. */
  readonly hidden: readonly number[];
  readonly outputs: number;
  /** Rows of the one batch, |B|. */
  readonly rows: number;
  readonly activation: Activation;
  /** Of the last layer, where the loss is squared error; logits have none. */
  readonly output: Activation;
  readonly loss: LossName;
  /** η */
  readonly rate: number;
  /** λ */
  readonly decay: number;
  readonly seed: number;
  /** Training steps taken before the one shown. */
  readonly step: number;
  /** Which stop of the step is looked at; 0 is the whole step. */
  readonly stop: number;
}

export const lossNames = ["crossEntropy", "squaredError"] as const;
export type LossName = (typeof lossNames)[number];

export const activationNames: readonly Activation[] = ["tanh", "relu", "sigmoid", "identity"];
export const rates: readonly number[] = [0.01, 0.03, 0.1, 0.3, 0.5, 1];
export const decays: readonly number[] = [0, 0.01, 0.1, 1];
export const MOST_HIDDEN = 3;
export const MOST_UNITS = 6;
export const MOST_ROWS = 8;
export const MOST_STEPS = 1000;

/** The published example: two units a layer, sigmoid, half squared error, one row. */
export const worked = {
  inputs: [0.05, 0.1],
  targets: [0.01, 0.99],
  parameters: {
    W1: [0.15, 0.2, 0.25, 0.3],
    b1: [0.35, 0.35],
    W2: [0.4, 0.45, 0.5, 0.55],
    b2: [0.6, 0.6],
  },
} as const;

export interface Preset {
  readonly name: string;
  readonly title: string;
  readonly state: InsideState;
}

const classifier: InsideState = {
  start: "seeded",
  inputs: 2,
  hidden: [4, 3],
  outputs: 2,
  rows: 4,
  activation: "tanh",
  output: "identity",
  loss: "crossEntropy",
  rate: 0.5,
  decay: 0,
  seed: 7,
  step: 0,
  stop: 0,
};

export const presets: readonly Preset[] = [
  { name: "classifier", title: "Classifier 2-4-3-2", state: classifier },
  {
    name: "worked",
    title: "Worked example 2-2-2",
    state: {
      ...classifier,
      start: "worked",
      hidden: [2],
      rows: 1,
      activation: "sigmoid",
      output: "sigmoid",
      loss: "squaredError",
    },
  },
  {
    name: "decayed",
    title: "Regression with λ",
    state: { ...classifier, inputs: 3, hidden: [4], outputs: 1, rows: 5, loss: "squaredError", rate: 0.3, decay: 0.1 },
  },
];

/** The preset that a state is a later moment of. */
export const presetOf = (state: InsideState): Preset | undefined =>
  presets.find((preset) => runKey(preset.state) === runKey(state));

/** What a run follows from, less the moment that is looked at. */
export function runKey(state: InsideState): string {
  const { step, stop, ...run } = state;
  return JSON.stringify(run);
}

/** Makes a state whose parts fit together: the published numbers are for one network only, and logits need two classes. */
export function fitting(state: InsideState): InsideState {
  const { inputs, hidden, outputs, rows, loss, start } = state;
  const published =
    inputs === 2 && hidden.length === 1 && hidden[0] === 2 && outputs === 2 && rows === 1 && loss === "squaredError";
  return {
    ...state,
    start: published ? start : "seeded",
    outputs: loss === "crossEntropy" ? Math.max(2, outputs) : outputs,
  };
}

/** The whole state as the query of an address. */
export function toQuery(state: InsideState): URLSearchParams {
  const query = new URLSearchParams();
  query.set("units", [state.inputs, ...state.hidden, state.outputs].join("-"));
  query.set("rows", String(state.rows));
  query.set("activation", state.activation);
  query.set("loss", state.loss);
  if (state.loss === "squaredError") query.set("output", state.output);
  query.set("rate", String(state.rate));
  query.set("decay", String(state.decay));
  if (state.start === "worked") query.set("start", "worked");
  else query.set("seed", String(state.seed));
  if (state.step > 0) query.set("step", String(state.step));
  if (state.stop > 0) query.set("stop", String(state.stop));
  return query;
}

/** Reads what `toQuery` wrote; what is missing or makes no sense is as in the first preset. */
export function fromQuery(query: URLSearchParams): InsideState {
  const given = (query.get("units") ?? "").split("-").map(Number);
  const valid = given.length >= 2 && given.length <= MOST_HIDDEN + 2 && given.every(whole(1, MOST_UNITS));
  const units = valid ? given : [2, 4, 3, 2];
  return fitting({
    start: query.get("start") === "worked" ? "worked" : "seeded",
    inputs: units[0] ?? 2,
    hidden: units.slice(1, -1),
    outputs: units.at(-1) ?? 2,
    rows: number(query, "rows", classifier.rows, whole(1, MOST_ROWS)),
    activation: pick(query, "activation", activationNames, classifier.activation),
    output: pick(query, "output", activationNames, classifier.output),
    loss: pick(query, "loss", lossNames, classifier.loss),
    rate: number(query, "rate", classifier.rate, (value) => isRate(value) && value <= 1),
    decay: number(query, "decay", classifier.decay, (value) => isDecay(value) && value <= 1),
    seed: number(query, "seed", classifier.seed, isSeed),
    step: number(query, "step", 0, whole(0, MOST_STEPS)),
    stop: number(query, "stop", 0, whole(0, 99)),
  });
}
