import type { Activation } from "chainrule";
import type { OptimizerName } from "../../network.ts";
import { isDecay, isRate, isSeed, number, pick, whole } from "../../query.ts";
import { drawnFromText, drawnToText, type PointOptions, pointSets, starterPoints } from "./points.ts";

/** What a run begins with; a change begins the run anew. */
export interface RunOptions extends PointOptions {
  /** Units of each hidden layer. */
  readonly layers: readonly number[];
  readonly activation: Activation;
  readonly loss: LossName;
}

/** What can change while the run goes on; each change is logged with its step. */
export interface LiveOptions {
  readonly optimizer: OptimizerName;
  readonly rate: number;
  /** λ */
  readonly decay: number;
  readonly batch: number;
}

/** A change of options before step `step` + 1. */
export interface Edit {
  readonly step: number;
  readonly live: LiveOptions;
}

/** Everything that a run follows from, and how far it is. The same state gives the same weights, bit for bit. */
export interface PlaygroundState {
  readonly run: RunOptions;
  readonly live: LiveOptions;
  readonly edits: readonly Edit[];
  readonly step: number;
}

export const lossNames = ["crossEntropy", "squaredError"] as const;
export type LossName = (typeof lossNames)[number];

export const MOST_LAYERS = 6;
export const MOST_UNITS = 16;

/** More changes in an address are nobody's: each is drawn. */
const MOST_EDITS = 1000;

export const rates: readonly number[] = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1];
export const decays: readonly number[] = [0, 0.0001, 0.001, 0.01, 0.1, 1];
export const batches: readonly number[] = [1, 4, 16, 32, 64, 128];
export const activationNames: readonly Activation[] = ["tanh", "relu", "sigmoid", "identity"];
export const optimizerNames: readonly OptimizerName[] = ["sgd", "momentum", "adam", "adamw"];

export const initialState: PlaygroundState = {
  run: {
    points: "spiral",
    count: 300,
    noise: 0.02,
    seed: 1,
    layers: [8, 8],
    activation: "tanh",
    loss: "crossEntropy",
    drawn: "",
  },
  live: { optimizer: "adam", rate: 0.03, decay: 0, batch: 32 },
  edits: [],
  step: 0,
};

/** The options in force at the step after `step`. */
export const liveAt = ({ live, edits }: PlaygroundState, step: number): LiveOptions =>
  edits.reduce((found, edit) => (edit.step <= step ? edit.live : found), live);

/** The same with points to begin with where none are drawn: there is no training without any. */
export const withStarters = (run: RunOptions): RunOptions =>
  run.points === "drawn" && drawnFromText(run.drawn).length === 0 ? { ...run, drawn: drawnToText(starterPoints) } : run;

const liveText = ({ optimizer, rate, decay, batch }: LiveOptions): string => [optimizer, rate, decay, batch].join(",");

function parseLive(text: string | null | undefined): LiveOptions | undefined {
  const [optimizer = "", rate = "", decay = "", batch = ""] = (text ?? "").split(",");
  const found = optimizerNames.find((name) => name === optimizer);
  const numbers = [rate, decay, batch].map(Number);
  const [η = 0, λ = -1, rows = 0] = numbers;
  if (!found || !(isRate(η) && isDecay(λ) && Number.isInteger(rows) && rows > 0)) return undefined;
  return { optimizer: found, rate: η, decay: λ, batch: rows };
}

/** The whole state as the query of an address. */
export function toQuery({ run, live, edits, step }: PlaygroundState): URLSearchParams {
  const query = new URLSearchParams();
  query.set("points", run.points);
  if (run.points === "drawn") query.set("drawn", run.drawn);
  else {
    query.set("count", String(run.count));
    query.set("noise", String(run.noise));
  }
  query.set("layers", run.layers.join(","));
  query.set("activation", run.activation);
  query.set("loss", run.loss);
  query.set("seed", String(run.seed));
  query.set("live", liveText(live));
  if (edits.length > 0) query.set("edits", edits.map((edit) => `${edit.step},${liveText(edit.live)}`).join(";"));
  if (step > 0) query.set("step", String(step));
  return query;
}

/** Reads what `toQuery` wrote; what is missing or makes no sense is as in the initial state. */
export function fromQuery(query: URLSearchParams): PlaygroundState {
  const { run, live } = initialState;
  const layers = (query.get("layers") ?? run.layers.join(","))
    .split(",")
    .filter((units) => units !== "")
    .map(Number);
  const valid = layers.length <= MOST_LAYERS && layers.every(whole(1, MOST_UNITS));
  const texts = (query.get("edits") ?? "").split(";");
  const edits = (texts.length > MOST_EDITS ? [] : texts).flatMap((text): Edit[] => {
    const [step = "", ...rest] = text.split(",");
    const changed = parseLive(rest.join(","));
    return changed && isStep(Number(step)) ? [{ step: Number(step), live: changed }] : [];
  });
  return {
    run: withStarters({
      points: pick(query, "points", pointSets, run.points),
      count: number(query, "count", run.count, whole(10, 1000)),
      noise: number(query, "noise", run.noise, (value) => value >= 0 && value <= 0.5),
      seed: number(query, "seed", run.seed, isSeed),
      layers: valid ? layers : run.layers,
      activation: pick(query, "activation", activationNames, run.activation),
      loss: pick(query, "loss", lossNames, run.loss),
      drawn: query.get("drawn") ?? "",
    }),
    live: parseLive(query.get("live")) ?? live,
    edits: edits.sort((a, b) => a.step - b.step),
    step: number(query, "step", 0, isStep),
  };
}

/** Last step that an address may tell: all up to it are taken anew, which lasts from minutes on a fast GPU to a day. */
const LAST_STEP = 1e8;

const isStep = whole(0, LAST_STEP);
