import { type Activation, adam, dense, type Model, type Optimizer, sequential, sgd } from "chainrule";

/** All that a run follows from. */
export interface DigitsOptions {
  /** Units of the hidden layers. */
  readonly layers: readonly number[];
  readonly activation: Activation;
  readonly optimizer: OptimizerName;
  readonly rate: number;
  /** λ */
  readonly decay: number;
  readonly batch: number;
  readonly epochs: number;
  /** Of the split, the first weights and the order of the rows. */
  readonly seed: number;
}

export type OptimizerName = "sgd" | "momentum" | "adam";

export const layerChoices: readonly (readonly number[])[] = [[], [16], [32], [64], [128], [64, 32]];
export const activationNames: readonly Activation[] = ["relu", "tanh", "sigmoid"];
export const optimizerNames: readonly OptimizerName[] = ["sgd", "momentum", "adam"];
export const rates: readonly number[] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3];
export const decays: readonly number[] = [0, 0.03, 0.1, 0.3, 1];
export const batches: readonly number[] = [16, 32, 64, 128];
export const epochChoices: readonly number[] = [10, 20, 40, 80, 160];

/** Part of the images to test on. */
export const TEST_FRACTION = 0.2;

export const CLASSES = 10;

export const initialOptions: DigitsOptions = {
  layers: [64],
  activation: "relu",
  optimizer: "sgd",
  rate: 0.1,
  decay: 0.3,
  batch: 32,
  epochs: 40,
  seed: 0,
};

export const modelOf = ({ layers, activation }: DigitsOptions): Model =>
  sequential([...layers.map((units) => dense(units, activation)), dense(CLASSES)]);

export function optimizerOf({ optimizer, rate, decay }: DigitsOptions): Optimizer {
  if (optimizer === "adam") return adam({ learningRate: rate, weightDecay: decay });
  return sgd({ learningRate: rate, weightDecay: decay, momentum: optimizer === "momentum" ? 0.9 : 0 });
}

/** Units of the layer that looks at the pixels. */
export const firstUnits = ({ layers }: DigitsOptions): number => layers[0] ?? CLASSES;

export const layersText = (layers: readonly number[]): string => layers.join(",") || "none";

/** What differs from the beginning, as the query of an address. */
export function toQuery(options: DigitsOptions): URLSearchParams {
  const text = (given: DigitsOptions) => ({ ...given, layers: layersText(given.layers) });
  const initial = Object.entries(text(initialOptions));
  const changed = Object.entries(text(options)).filter(([name, value], i) => initial[i]?.[1] !== value && name);
  return new URLSearchParams(changed.map(([name, value]) => [name, String(value)]));
}

/** Reads what `toQuery` wrote; what is missing or no choice is as in the beginning. */
export function fromQuery(query: URLSearchParams): DigitsOptions {
  const pick = <T>(name: string, among: readonly T[], otherwise: T, text: (value: T) => string = String): T =>
    among.find((value) => text(value) === query.get(name)) ?? otherwise;
  const seed = Number(query.get("seed") ?? initialOptions.seed);
  return {
    layers: pick("layers", layerChoices, initialOptions.layers, layersText),
    activation: pick("activation", activationNames, initialOptions.activation),
    optimizer: pick("optimizer", optimizerNames, initialOptions.optimizer),
    rate: pick("rate", rates, initialOptions.rate),
    decay: pick("decay", decays, initialOptions.decay),
    batch: pick("batch", batches, initialOptions.batch),
    epochs: pick("epochs", epochChoices, initialOptions.epochs),
    seed: Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32 ? seed : initialOptions.seed,
  };
}
