import { dense, type Model } from "chainrule";
import { networkOf } from "../../network.ts";
import { changesOf, isSeed, number, pick } from "../../query.ts";
import { type Grid, inputsOf } from "./features.ts";
import { CHANNELS } from "./psnr.ts";
import { samples } from "./samples.ts";

/** All that a run follows from, but for the user's own picture. */
export interface ImageOptions {
  readonly sample: SampleName;
  /** Pixels along the picture's longest side. */
  readonly size: number;
  /** Frequencies of the Fourier features; 0 gives the network plain coordinates. */
  readonly features: number;
  /** Standard deviation of the frequencies, in waves across the longest side. */
  readonly scale: number;
  /** Hidden layers, and the units of each. */
  readonly layers: number;
  readonly units: number;
  readonly optimizer: (typeof optimizerNames)[number];
  readonly rate: number;
  readonly batch: number;
  readonly epochs: number;
  /** Of the frequencies, the first weights and the order of the pixels. */
  readonly seed: number;
  /** Points of the function that are drawn along a pixel's side. */
  readonly detail: number;
  /** Whether a second network learns the same from plain coordinates. */
  readonly compare: boolean;
}

export type SampleName = (typeof samples)[number]["name"];

export const sizes: readonly number[] = [32, 64, 96, 128, 192];
export const featureCounts: readonly number[] = [0, 16, 32, 64, 128];
export const scales: readonly number[] = [1, 2, 5, 10, 20, 40];
export const layerCounts: readonly number[] = [1, 2, 3, 4];
export const unitCounts: readonly number[] = [32, 64, 128, 256];
export const optimizerNames = ["sgd", "momentum", "adam"] as const;
export const rates: readonly number[] = [0.0003, 0.001, 0.003, 0.005, 0.01, 0.03, 0.1, 0.3];
export const batches: readonly number[] = [128, 256, 512, 1024, 2048, 4096];
export const epochChoices: readonly number[] = [10, 20, 40, 80, 160, 320];
export const details: readonly number[] = [1, 2, 4];

/** Pixels along the longest side where the CPU trains: more would take it minutes. */
export const CPU_SIZE = 32;

export const initialOptions: ImageOptions = {
  sample: "dusk",
  size: 128,
  features: 64,
  scale: 5,
  layers: 2,
  units: 128,
  optimizer: "adam",
  rate: 0.005,
  batch: 512,
  epochs: 40,
  seed: 0,
  detail: 1,
  compare: false,
};

/** Sigmoids give what a colour is: numbers from 0 to 1. */
export const modelOf = ({ layers, units }: ImageOptions): Model =>
  networkOf(Array<number>(layers).fill(units), "relu", dense(CHANNELS, "sigmoid"));

/** The points that are drawn of a picture: at detail 4, sixteen a pixel. */
export const finer = ({ columns, rows }: Grid, detail: number): Grid => ({
  columns: detail * columns,
  rows: detail * rows,
});

/** Most bytes of a forward pass over all points that are drawn. */
const MOST_BYTES = 512 * 1024 ** 2;

/** The details at which a picture can be drawn without taking too much memory. */
export const detailsFor = (grid: Grid, { features, layers, units, compare }: ImageOptions): readonly number[] =>
  details.filter((detail) => {
    const { columns, rows } = finer(grid, detail);
    const hidden = layers * units + CHANNELS;
    const width = inputsOf(features) + hidden + (compare ? inputsOf(0) + hidden : 0);
    return 4 * columns * rows * width <= MOST_BYTES;
  });

/** The finest of them that is not finer than asked for. */
export const detailFor = (grid: Grid, options: ImageOptions): number =>
  Math.max(1, ...detailsFor(grid, options).filter((detail) => detail <= options.detail));

/** Whether two networks are trained: plain coordinates are not compared with themselves. */
export const compares = ({ compare, features }: ImageOptions): boolean => compare && features > 0;

/** What differs from the beginning, as the query of an address. */
export const toQuery = (options: ImageOptions): URLSearchParams => changesOf(options, initialOptions);

/** Reads what `toQuery` wrote; what is missing or no choice is as in the beginning. */
export function fromQuery(query: URLSearchParams): ImageOptions {
  const among = <K extends keyof ImageOptions>(name: K, values: readonly ImageOptions[K][]): ImageOptions[K] =>
    pick(query, name, values, initialOptions[name]);
  return {
    sample: among(
      "sample",
      samples.map(({ name }) => name),
    ),
    size: among("size", sizes),
    features: among("features", featureCounts),
    scale: among("scale", scales),
    layers: among("layers", layerCounts),
    units: among("units", unitCounts),
    optimizer: among("optimizer", optimizerNames),
    rate: among("rate", rates),
    batch: among("batch", batches),
    epochs: among("epochs", epochChoices),
    seed: number(query, "seed", initialOptions.seed, isSeed),
    detail: among("detail", details),
    compare: among("compare", [true, false]),
  };
}
