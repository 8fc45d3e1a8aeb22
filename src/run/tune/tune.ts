import { brief } from "../../brief.ts";
import { createGuard, type Guard } from "../../device/guard.ts";
import { checkDevice, type Device } from "../../device/open.ts";
import { refusals } from "../../device/refused.ts";
import { checkOptions, reading, refuse as refuseOption, show } from "../../model/options.ts";
import { excessOf } from "../../plan/limits.ts";
import {
  attempts,
  type Choice,
  type ChoiceLimits,
  choiceOf,
  choiceText,
  type Product,
  products,
  productText,
  retile,
} from "../../plan/tiles.ts";
import type { Plan } from "../../plan/types.ts";
import { taking } from "../unfit.ts";
import { cacheKey, decodeKept, encodeKept, type Kept } from "./cache.ts";
import type { ContestRules } from "./contest.ts";
import { checkForeign } from "./foreign.ts";
import { choiceLimitsOf } from "./limits.ts";
import { patient } from "./patient.ts";
import { search } from "./search.ts";
import { createTrial } from "./trial.ts";
import type { TuneCache, TuneChoice, Tuned, TuneOptions, Tuner } from "./types.ts";

/** Time in seconds for which attempts begin, unless told otherwise. */
const SECONDS = 5;

/** The longest time in ms that a timer takes. */
const LONGEST = 2 ** 31 - 1;

/** The time in ms, of which only differences count. */
type Clock = () => number;

const machine: Clock = () => performance.now();

/**
 * Finds for each product of a plan how to share it out on this device: starting from the plan's own tile, changes one thing after
 * the other, and keeps a change that is faster by 5 %. Only what gives the same outputs bit for bit is timed at all, so
 * that the plan that comes back trains to the same weights as the one given.
 * @throws ModelError for options out of range; PlanError for a plan that is malformed; DeviceError where the device is lost or has
 * no memory
 */
export const tune = (device: Device, plan: Plan, options: TuneOptions = {}): Promise<Tuned> =>
  tuneBy(machine, device, plan, options);

/** As `tune`, by another clock than the machine's, and until a signal: what is under way then is not taken, nor kept. */
export const tuneBy = (
  now: Clock,
  device: Device,
  plan: Plan,
  options: TuneOptions = {},
  signal?: AbortSignal,
): Promise<Tuned> =>
  taking("tune", (where) => {
    checkDevice(where, device);
    return tuneTaken(now, device, { plan: checkForeign(where, plan), ...takeTuning(where, options), signal });
  });

interface Task extends Taken {
  readonly plan: Plan;
  readonly signal: AbortSignal | undefined;
}

async function tuneTaken(now: Clock, device: Device, { plan, cache, seconds, signal }: Task) {
  const excess = excessOf(plan, device.gpu.limits);
  if (excess) throw (await refusals()).limitError(plan, excess);
  const began = now();
  const guard = createGuard(device, "tuner");
  const context: Context = {
    now,
    device,
    plan,
    guard,
    cache: cache && patient(cache, Math.min(1000 * Math.max(seconds, 1), LONGEST)),
    limits: choiceLimitsOf(device),
    deadline: began + 1000 * seconds,
    signal,
    refused: [],
  };
  const choices: TuneChoice[] = [];
  const made = new Map<string, Choice>();
  try {
    for (const product of products(plan)) {
      const choice = await tuneProduct(context, product);
      choices.push(choice);
      made.set(productText(product.step), choice.to);
    }
  } finally {
    guard.close();
  }
  const report = {
    adapter: device.adapter.name,
    choices,
    refused: context.refused,
    seconds: (now() - began) / 1000,
  };
  return { plan: retile(plan, made), report };
}

/** What `createTrainer` takes as `tune`: tunes the plan of the trainer. */
export const tuner = (options: TuneOptions = {}): Tuner => tunerBy(machine, options);

/** As `tuner`, by another clock than the machine's, and until a signal. */
export function tunerBy(now: Clock, options: TuneOptions = {}, signal?: AbortSignal): Tuner {
  const taken = takeTuning("tuner", options);
  return (device, plan) => tuneBy(now, device, plan, taken, signal);
}

interface Taken {
  readonly cache?: TuneCache;
  readonly seconds: number;
}

/** A copy of the options, with the cache's methods as they are now. @throws ModelError */
const takeTuning = (where: string, options: TuneOptions): Taken =>
  reading(where, () => {
    const { cache, seconds = SECONDS } = checkOptions(where, options, { cache: 0, seconds: 0 });
    if (!(Number.isFinite(seconds) && seconds > 0)) {
      refuseOption(where, `seconds ${show(seconds)}`, "a number above 0", "leave seconds out for 5");
    }
    if (cache === undefined) return { seconds };
    const [get, set] = [cache?.get, cache?.set];
    if (typeof get === "function" && typeof set === "function") {
      return { seconds, cache: { get: (key) => get.call(cache, key), set: (key, text) => set.call(cache, key, text) } };
    }
    refuseOption(
      where,
      `cache ${show(cache)}`,
      "an object with get(key) and set(key, text)",
      "give a Map, or leave it out",
    );
  });

interface Context extends ContestRules {
  readonly device: Device;
  readonly plan: Plan;
  readonly guard: Guard;
  readonly cache: TuneOptions["cache"];
  readonly limits: ChoiceLimits;
  /** Grows by what the cache held and is of no use. */
  readonly refused: string[];
}

/** `layerForward 128×784×512`. */
const placeOf = ({ step: { kernel, dims } }: Product): string =>
  `${kernel} ${Object.entries(dims)
    .flatMap(([name, size]) => (name === "offset" ? [] : [size]))
    .join("×")}`;

async function tuneProduct(context: Context, product: Product): Promise<TuneChoice> {
  const { step, count } = product;
  const from = choiceOf(step);
  const described = { kernel: step.kernel, dims: step.dims, steps: count, from, timed: 0, rejected: [] };
  const untimed = (to: Choice, source: TuneChoice["source"]) => ({ ...described, to, source, speedup: undefined });
  const most = attempts(step);
  const kept = await recall(context, product);
  const complete = kept?.tried === most;
  const changed = kept && choiceText(kept.choice) !== choiceText(from);
  if (complete && !changed) return untimed(from, "cache");
  // What is known to be better is applied however late it is.
  if (context.signal?.aborted || (!changed && context.now() >= context.deadline)) return untimed(from, "time ran out");
  const trial = await createTrial(context.device, context.guard, context.plan, step);
  try {
    const known = kept && (await trial.admit(kept.choice));
    if (typeof known === "string") refuse(context, product, known);
    const best = typeof known === "object" ? known : trial.own;
    if (complete && best !== trial.own) {
      best.dispose(false);
      return untimed(best.choice, "cache");
    }
    const start = { own: trial.own, best, tried: best === known ? (kept?.tried ?? 0) : 0 };
    const { choice, tried, ...figures } = await search(trial, step, context.limits, start, context);
    // Of what a signal ended a winner was not confirmed, though all may have been tried.
    const ended = context.signal?.aborted;
    if (!ended) await keep(context, product, { choice, tried });
    return { ...described, ...figures, to: choice, source: tried === most && !ended ? "measured" : "time ran out" };
  } finally {
    trial.dispose();
  }
}

const refuse = ({ refused }: Context, product: Product, reason: string) =>
  refused.push(`${placeOf(product)}: ${reason}`);

const reasonOf = (error: unknown): string => {
  const text = error instanceof Error ? error.message : error;
  return typeof text === "string" ? brief(text, 250) : show(text);
};

/** What the cache has of a product, if that is of use. */
async function recall(context: Context, product: Product): Promise<Kept | undefined> {
  const { device, cache, limits } = context;
  const { step } = product;
  try {
    const text = await cache?.get(cacheKey(device, step));
    if (text === undefined) return undefined;
    const kept = decodeKept(device, step, limits, text);
    if (typeof kept === "object") return kept;
    refuse(context, product, kept);
  } catch (error) {
    refuse(context, product, `the cache cannot be read: ${reasonOf(error)}`);
  }
  return undefined;
}

async function keep(context: Context, product: Product, kept: Kept): Promise<void> {
  const { device, cache } = context;
  try {
    await cache?.set(cacheKey(device, product.step), encodeKept(device, product.step, kept));
  } catch (error) {
    refuse(context, product, `the cache cannot be written: ${reasonOf(error)}`);
  }
}
