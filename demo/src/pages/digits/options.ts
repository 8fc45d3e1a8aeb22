import { type Activation, dense, type Model } from "chainrule";
import { layersText, networkOf } from "../../network.ts";
import { changesOf, isSeed, number, pick } from "../../query.ts";

/** All that a run follows from. */
export interface DigitsOptions {
  /** Units of the hidden layers. */
  readonly layers: readonly number[];
  readonly activation: Activation;
  readonly optimizer: (typeof optimizerNames)[number];
  readonly rate: number;
  /** λ */
  readonly decay: number;
  readonly batch: number;
  readonly epochs: number;
  /** Of the split, the first weights and the order of the rows. */
  readonly seed: number;
}

export const layerChoices: readonly (readonly number[])[] = [[], [16], [32], [64], [128], [64, 32]];
export const activationNames: readonly Activation[] = ["relu", "tanh", "sigmoid"];
export const optimizerNames = ["sgd", "momentum", "adam"] as const;
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

export const modelOf = ({ layers, activation }: DigitsOptions): Model => networkOf(layers, activation, dense(CLASSES));

/** Units of the layer that looks at the pixels. */
export const firstUnits = ({ layers }: DigitsOptions): number => layers[0] ?? CLASSES;

const textsOf = (options: DigitsOptions) => ({ ...options, layers: layersText(options.layers) });

/** What differs from the beginning, as the query of an address. */
export const toQuery = (options: DigitsOptions): URLSearchParams =>
  changesOf(textsOf(options), textsOf(initialOptions));

/** Reads what `toQuery` wrote; what is missing or no choice is as in the beginning. */
export const fromQuery = (query: URLSearchParams): DigitsOptions => ({
  layers: pick(query, "layers", layerChoices, initialOptions.layers, layersText),
  activation: pick(query, "activation", activationNames, initialOptions.activation),
  optimizer: pick(query, "optimizer", optimizerNames, initialOptions.optimizer),
  rate: pick(query, "rate", rates, initialOptions.rate),
  decay: pick(query, "decay", decays, initialOptions.decay),
  batch: pick(query, "batch", batches, initialOptions.batch),
  epochs: pick(query, "epochs", epochChoices, initialOptions.epochs),
  seed: number(query, "seed", initialOptions.seed, isSeed),
});
