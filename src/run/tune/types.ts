import type { Device } from "../../device/open.ts";
import type { KernelName } from "../../kernels/index.ts";
import type { Choice } from "../../plan/tiles.ts";
import type { Plan } from "../../plan/types.ts";

/**
 * Keeps texts between runs; a `Map` is one that forgets them at the end. One that does not answer within the tuner's `seconds`, or a
 * second where those are fewer, is not asked again, and the report says so.
 */
export interface TuneCache {
  get(key: string): string | undefined | Promise<string | undefined>;
  /** Replaces what stood there. A promise is waited for. */
  set(key: string, text: string): unknown;
}

export interface TuneOptions {
  /** Where choices are kept between runs; nowhere if left out. */
  readonly cache?: TuneCache;
  /** Time in seconds after which no further attempt begins; 5 if left out. */
  readonly seconds?: number;
}

/** What became of one product of a plan. */
export interface TuneChoice {
  readonly kernel: KernelName;
  readonly dims: Readonly<Record<string, number>>;
  /** Steps of the plan that are this product. */
  readonly steps: number;
  readonly from: Choice;
  readonly to: Choice;
  /** Times as fast as before, by medians; undefined where nothing was timed in the end. */
  readonly speedup: number | undefined;
  /** Whether all attempts were made now, all are known from the cache, or time ran out before the last. */
  readonly source: "measured" | "cache" | "time ran out";
  /** Candidates that were timed. */
  readonly timed: number;
  /** Candidates that were not, and why: they give other bits, or the device refused them. */
  readonly rejected: readonly string[];
}

export interface TuneReport {
  /** Name of the adapter. */
  readonly adapter: string;
  /** The distinct products of the plan, the most expensive first. */
  readonly choices: readonly TuneChoice[];
  /** What the cache held and was not applied, or could not read or keep, and why. */
  readonly refused: readonly string[];
  readonly seconds: number;
}

/** A plan with the fastest of the ways that give the same bits, and how they were found. */
export interface Tuned {
  readonly plan: Plan;
  readonly report: TuneReport;
}

/** What `createTrainer` takes as `tune`. Made by `tuner`. */
export type Tuner = (device: Device, plan: Plan) => Promise<Tuned>;
