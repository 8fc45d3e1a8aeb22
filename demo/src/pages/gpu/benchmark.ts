import type { Device } from "chainrule";
import { type Enter, enterChainrule, enterReference } from "./contestants.ts";
import { asError, type Entrant, Race, ROUNDS, type Timing } from "./race.ts";
import { makeTasks, taskNames } from "./tasks.ts";
import { loadTfjs, type Tfjs } from "./tfjs-client.ts";
import type { Work } from "./work.ts";

export interface NetworkTimings {
  readonly network: string;
  readonly timings: readonly Timing[];
}

export interface Benchmark {
  readonly networks: readonly NetworkTimings[];
  /** Of TensorFlow.js; undefined where it was not asked for or did not load. */
  readonly tfjs: string | undefined;
  /** Whether all networks were measured. */
  readonly complete: boolean;
  readonly seconds: number;
}

export interface BenchmarkOptions {
  /** Undefined where there is no GPU: the reference alone is measured. */
  readonly device: Device | undefined;
  readonly tfjs: boolean;
  /** To measure for, over all networks and contestants. */
  readonly seconds: number;
  readonly signal: AbortSignal;
  readonly report: (work: Work, benchmark: Benchmark) => void;
}

/** Trains the same networks from the same weights on the same rows by every contestant: agreement first, then times. */
export async function runBenchmark(options: BenchmarkOptions): Promise<Benchmark> {
  const { device, seconds, signal, report } = options;
  const began = performance.now();
  const networks: NetworkTimings[] = [];
  let tfjs: Tfjs | Error | undefined;
  let pieces = 0;
  const stand = (complete: boolean, now?: NetworkTimings): Benchmark => ({
    networks: now ? [...networks, now] : [...networks],
    tfjs: tfjs && "version" in tfjs ? tfjs.version : undefined,
    complete,
    seconds: (performance.now() - began) / 1000,
  });
  try {
    if (options.tfjs) {
      report({ label: "Loading TensorFlow.js", share: 0, seconds: 0 }, stand(false));
      tfjs = await loadTfjs().catch(asError);
      signal.throwIfAborted();
    }
    const entrants = entrantsOf(device, tfjs);
    const piecesEach = entrants.length + 1 + ROUNDS;
    for (const task of makeTasks()) {
      const race: Race = new Race(entrants, {
        least: (1000 * seconds) / (taskNames.length * entrants.length * ROUNDS),
        now: () => performance.now(),
        next(label) {
          signal.throwIfAborted();
          const share = pieces++ / (taskNames.length * piecesEach);
          const benchmark = stand(false, { network: task.name, timings: race.timings });
          report({ label: `${task.name}: ${label}`, share, seconds: benchmark.seconds }, benchmark);
        },
      });
      await race.run(task);
      networks.push({ network: task.name, timings: race.timings });
    }
    return stand(true);
  } finally {
    if (tfjs && "end" in tfjs) tfjs.end();
  }
}

function entrantsOf(device: Device | undefined, tfjs: Tfjs | Error | undefined): readonly Entrant[] {
  const absent =
    (error: Error): Enter =>
    () =>
      Promise.reject(error);
  return [
    ...(device ? [{ name: "chainrule" as const, enter: enterChainrule(device) }] : []),
    ...(tfjs ? [{ name: "tfjs" as const, enter: tfjs instanceof Error ? absent(tfjs) : tfjs.enter }] : []),
    { name: "reference", enter: enterReference },
  ];
}

/** Undefined where nothing was measured. */
export function medianOf(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)];
  const [low, high] = sorted.slice(middle - 1, middle + 1);
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
