import { checkOptimizer } from "../model/optimizer.ts";
import { cloneOf } from "../model/options.ts";
import { count } from "../model/schedule.ts";
import { isBytes } from "./bytes.ts";
import { checkFit } from "./checks.ts";
import { checkDataset } from "./dataset.ts";
import { createJudge, type Judge } from "./judge.ts";
import { addRecords, emptyTotals, summarize } from "./metrics.ts";
import { parameterSpecs } from "./network.ts";
import { checkParameters } from "./parameters.ts";
import type { State } from "./state.ts";
import { createTurns, type Turns } from "./turns.ts";
import type { Fit, FitOptions, Report, SaveOptions, Parameters as Tensors, Training, VariantReport } from "./types.ts";
import { taking } from "./unfit.ts";

/** The GPU counts steps and epochs in a word. */
const MOST_STEPS = 2 ** 32 - 1;

/** Every call of a training, over one network or several side by side; those without an index are for one. */
export interface Calls<R, P> extends Omit<Training, "step" | "fit" | "parameters" | "save">, Judge<P> {
  step(n?: number): Promise<R>;
  fit(options: FitOptions): Fit<R>;
  parameters(network?: number): Promise<Tensors>;
  save(options?: SaveOptions, network?: number): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * A training over a backend: the one place where calls are checked, take turns, and halt.
 * @param give what one call gives for the reports of all networks; it may throw
 */
export function createTraining<R, P>(
  begun: Omit<State<P>, "ahead" | "stepped" | "halts" | "failures">,
  give: (reports: readonly VariantReport[]) => R,
): Calls<R, P> {
  const halts: State["halts"] = begun.places.map(() => undefined);
  const state: State<P> = { ...begun, ahead: 0, stepped: false, halts, failures: [] };
  const { backend, network } = state;
  const specs = parameterSpecs(network.layers);

  const turns = createTurns();
  const inTurn: Turns = (work) =>
    turns(() => {
      backend.check();
      return work();
    });

  const allHalted = () => halts.every(Boolean);

  /** Steps of an epoch. */
  const epochSteps = () => Math.ceil(state.begun.control.dataRows / state.begun.control.batch);

  /**
   * Takes up to `steps` steps.
   * @returns undefined where `signal` was aborted before the first one
   * @throws what `give` throws: for one network NumericError at the first objective that is not finite, and from then on
   */
  const run = async (steps: number, signal?: AbortSignal): Promise<R | undefined> => {
    const before = backend.step;
    const after = before + steps;
    if (Math.max(after, (after + state.ahead) / epochSteps()) > MOST_STEPS) throw (await calls()).tooLate(after);
    const began = performance.now();
    const totals = halts.map(emptyTotals);
    if (!allHalted()) {
      for await (const lines of backend.take(steps, signal)) {
        const length = lines.length / totals.length;
        totals.forEach((sums, index) => {
          halts[index] ??= addRecords(sums, lines.subarray(index * length, (index + 1) * length));
        });
        state.stepped = true;
        if (allHalted()) break;
      }
      if (backend.step === before) return undefined;
    }
    const seconds = (performance.now() - began) / 1000;
    const reports: VariantReport[] = [];
    for (const [index, sums] of totals.entries()) {
      reports.push(
        halts[index] ? (await (await calls()).failureOf(state, index)).error : summarize(sums, network.loss, seconds),
      );
    }
    return give(reports);
  };

  const fit = (options: FitOptions): Fit<R> => {
    const { epochs, signal } = checkFit(options);
    /** The last report, or the error that ended the training. */
    let last: Promise<R | undefined> | undefined;
    async function* train(): AsyncGenerator<R, void, undefined> {
      for (let epoch = 0; epoch < epochs && !signal?.aborted; epoch++) {
        const left = () => epochSteps() - ((backend.step + state.ahead) % epochSteps());
        const taken = inTurn(() => run(left(), signal));
        const before = last;
        last = taken.then((report) => report ?? before);
        // Whoever awaits it after it was iterated learns of it; nobody else needs to.
        last.catch(() => {});
        const report = await taken;
        if (report === undefined) return;
        yield report;
        if (allHalted()) return;
      }
    }
    const reports = train();
    const drain = async (): Promise<R> => {
      for await (const _ of reports);
      const report = await last;
      if (report !== undefined) return report;
      throw signal?.reason ?? (await calls()).ended();
    };
    let drained: Promise<R> | undefined;
    const whole = () => {
      drained ??= drain();
      return drained;
    };
    return Object.assign(reports, {
      // biome-ignore lint/suspicious/noThenProperty: it is to be awaited
      then: ((resolve, reject) => whole().then(resolve, reject)) as Promise<R>["then"],
      catch: ((reject) => whole().catch(reject)) as Promise<R>["catch"],
      finally: ((end) => whole().finally(end)) as Promise<R>["finally"],
    });
  };

  /** One of the calls that few make: takes at once what it is given, and does the rest in its turn. */
  const call = <N extends Few>(name: N, take: (where: string) => Parameters<Lazy[N]>[1]) =>
    taking<unknown>(name, (where) => {
      const given = take(where);
      return inTurn(async () => (await calls())[name](state, given as never));
    }) as Promise<Awaited<ReturnType<Lazy[N]>>>;

  return {
    plan: backend.plan,
    async step(n = 1) {
      count("step", "steps", n, 1);
      return inTurn(() => run(n)) as Promise<R>;
    },
    fit,
    ...createJudge(network, inTurn, () => backend.inference()),
    parameters: (index = 0) => inTurn(async () => (await calls()).parameters(state, index)),
    setParameters: (parameters) => call("setParameters", (where) => checkParameters(where, parameters, specs)),
    setOptimizer: (optimizer) => call("setOptimizer", (where) => checkOptimizer(where, optimizer)),
    setData: (data) => call("setData", (where) => checkDataset(where, data, network)),
    read: (name) => call("read", () => name),
    save: (options, index = 0) => call("save", () => ({ options: cloneOf(options), index })),
    // What are no bytes is refused when it is read.
    load: (bytes) => call("load", () => (isBytes(bytes as never) ? new Uint8Array(bytes) : cloneOf(bytes))),
    dispose: () => backend.dispose(),
  };
}

/** What a training of one network gives. @throws NumericError where it halted */
export function onlyReport([report]: readonly VariantReport[]): Report {
  if (report instanceof Error) throw report;
  return report as Report;
}

// What a page that only trains never needs is loaded when it is first asked for.
const calls = () => import("./calls.ts");
type Lazy = Awaited<ReturnType<typeof calls>>;
type Few = "setParameters" | "setOptimizer" | "setData" | "read" | "save" | "load";
