import type { Beginning } from "../kernels/control-after.ts";
import type { Optimizer } from "../model/optimizer.ts";
import { refuse } from "../model/options.ts";
import { resolveTensor } from "../plan/resolve.ts";
import type { Backend, Words } from "./backend.ts";
import { isBytes } from "./bytes.ts";
import { checkFit, checkSteps } from "./counts.ts";
import { checkDataset } from "./dataset.ts";
import { createJudge, type Judge } from "./judge.ts";
import { addRecords, emptyTotals, type StepRecord, summarize } from "./metrics.ts";
import { type Network, parameterSpecs } from "./network.ts";
import type { Failure, Restart } from "./numeric.ts";
import { checkParameters } from "./parameters.ts";
import { createTurns, type Turns } from "./turns.ts";
import type {
  Fit,
  FitOptions,
  Parameters,
  Report,
  SaveOptions,
  TensorValue,
  Training,
  VariantReport,
} from "./types.ts";
import { worded } from "./unfit.ts";

/** The GPU counts steps and epochs in a word. */
const MOST_STEPS = 2 ** 32 - 1;

/** What a training is made of. */
export interface TrainingParts<R, P> {
  readonly backend: Backend<P>;
  readonly network: Network;
  /** How the first network begins. */
  readonly begun: Beginning;
  readonly optimizer: Optimizer;
  /** Where each network trains, for messages. */
  readonly places: readonly string[];
  /** What one call gives for the reports of all networks; it may throw. */
  give(reports: readonly VariantReport[]): R;
}

/** Every call of a training, over one network or several side by side; those without an index are for one. */
export interface Calls<R, P> extends Omit<Training, "step" | "fit" | "parameters" | "save">, Judge<P> {
  step(n?: number): Promise<R>;
  fit(options: FitOptions): Fit<R>;
  parameters(network?: number): Promise<Parameters>;
  save(options?: SaveOptions, network?: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** A training over a backend: the one place where calls are checked, take turns, and halt. */
export function createTraining<R, P>(parts: TrainingParts<R, P>): Calls<R, P> {
  const { backend, network, places, give } = parts;
  let { begun, optimizer } = parts;
  /** Steps by which the count of epochs is ahead of the steps: 0 unless other rows or batches came. */
  let ahead = 0;
  /** Whether a step was taken here, which writes what no one else does. */
  let stepped = false;
  /** The step that halted each network, if one did, and why, once that is known. */
  const halts: (StepRecord | undefined)[] = places.map(() => undefined);
  const failures: (Failure | undefined)[] = [];
  const names = parameterSpecs(network.layers).map(({ name }) => name);

  const turns = createTurns();
  const inTurn: Turns = (work) =>
    turns(() => {
      backend.check();
      return work();
    });

  const allHalted = () => halts.every(Boolean);
  const epochSteps = () => Math.ceil(begun.control.dataRows / begun.control.batch);

  const readTensor = async (name: string, index = 0): Promise<TensorValue> => {
    const { name: canonical, tensor } = resolveTensor(backend.plan, name);
    const { words, control } = await backend.read([canonical], index);
    const { tensorValue } = await values();
    return tensorValue(tensor, words[canonical] as Words, control);
  };

  const failureOf = async (index: number): Promise<Failure> => {
    const { diagnose } = await diagnosis();
    const readable = { plan: backend.plan, read: (name: string) => readTensor(name, index) };
    failures[index] ??= await diagnose(readable, halts[index] as StepRecord, places[index] as string);
    return failures[index];
  };

  /** Sets optimizer state and the control block, so that the next step is step `control.step` + 1. */
  const resume = ({ state, control, ahead: epochs }: Restart) => {
    ahead = epochs;
    backend.write(state, control);
    backend.step = control.step;
    halts.fill(undefined);
    failures.length = 0;
  };

  /** Writes parameters; a network that had halted goes on with them. */
  const writeParameters = async (parameters: Parameters) => {
    const halted = halts[0] && (await diagnosis()).restartOf(await failureOf(0), backend.plan, begun, ahead);
    backend.write(parameters);
    if (halted) resume(halted);
  };

  /**
   * Takes up to `steps` steps.
   * @returns undefined where `signal` was aborted before the first one
   * @throws what `give` throws: for one network NumericError at the first objective that is not finite, and from then on
   */
  const run = async (steps: number, signal?: AbortSignal): Promise<R | undefined> => {
    const before = backend.step;
    if (before + steps > MOST_STEPS || (before + steps + ahead) / epochSteps() > MOST_STEPS) {
      const remedy = "save with { optimizer: false } and go on in a new trainer";
      refuse("training", `step ${before + steps}`, `at most ${MOST_STEPS}, which 32 bits count`, remedy);
    }
    const began = performance.now();
    const totals = halts.map(emptyTotals);
    if (!allHalted()) {
      for await (const lines of backend.take(steps, signal)) {
        const length = lines.length / totals.length;
        totals.forEach((sums, index) => {
          halts[index] ??= addRecords(sums, lines.subarray(index * length, (index + 1) * length));
        });
        stepped = true;
        if (allHalted()) break;
      }
      if (backend.step === before) return undefined;
    }
    const seconds = (performance.now() - began) / 1000;
    const reports: VariantReport[] = [];
    for (const [index, sums] of totals.entries()) {
      reports.push(halts[index] ? (await failureOf(index)).error : summarize(sums, network.loss, seconds));
    }
    return give(reports);
  };

  const fit = (options: FitOptions): Fit<R> => {
    checkFit(options);
    const { epochs, signal } = options;
    let last: R | undefined;
    async function* train(): AsyncGenerator<R, void, undefined> {
      for (let epoch = 0; epoch < epochs && !signal?.aborted; epoch++) {
        const report = await inTurn(() => run(epochSteps() - ((backend.step + ahead) % epochSteps()), signal));
        if (report === undefined) return;
        last = report;
        yield report;
        if (allHalted()) return;
      }
    }
    const reports = train();
    const drain = async (): Promise<R> => {
      for await (const _ of reports);
      if (last !== undefined) return last;
      throw signal?.reason ?? refuse("fit", "a training that was ended", "one that has begun", "call fit anew");
    };
    let drained: Promise<R> | undefined;
    const then: Fit<R>["then"] = (resolve, reject) => {
      drained ??= drain();
      return drained.then(resolve, reject);
    };
    return Object.assign(reports, { then });
  };

  return {
    plan: backend.plan,
    async step(n = 1) {
      checkSteps(n);
      return inTurn(() => run(n)) as Promise<R>;
    },
    fit,
    ...createJudge(network, inTurn, () => backend.inference()),
    parameters: (index = 0) =>
      inTurn(async () => {
        const { words } = await backend.read(names, index);
        return Object.fromEntries(names.map((name) => [name, floatsOf(words[name] as Words)]));
      }),
    setParameters: (parameters) =>
      worded(async () => {
        const checked = checkParameters("setParameters", parameters, parameterSpecs(network.layers));
        return inTurn(() => writeParameters(checked));
      }),
    setOptimizer(described) {
      const given = snapshot(described);
      return inTurn(async () => {
        const { withOptimizer } = await changes();
        const changed = withOptimizer(optimizer, given, begun, backend.step, ahead);
        ({ begun, optimizer } = changed);
        // A network that has halted takes them when it goes on.
        if (!allHalted()) backend.write({}, changed.control);
      });
    },
    setData: (data) =>
      worded(async () => {
        const rows = checkDataset("setData", data, network);
        return inTurn(async () => {
          const { withData } = await changes();
          const step = halts[0] ? halts[0].step - 1 : backend.step;
          const changed = withData(rows, network, backend.plan, begun, step, ahead);
          ({ begun, ahead } = changed);
          backend.write({ X: rows.inputs, Y: rows.targets }, changed.control);
        });
      }),
    read: (name) =>
      inTurn(async () => {
        if (!stepped) (await values()).checkWritten(backend.plan, name);
        return readTensor(name);
      }),
    save(options, index = 0) {
      const given = snapshot(options);
      return inTurn(async () => {
        const { saveTraining } = await files();
        return saveTraining(network, backend.plan, given, (wanted) => backend.read(wanted, index));
      });
    },
    load: (bytes) =>
      worded(() => {
        const given = copyOf(bytes);
        return inTurn(async () => {
          const { loadFor } = await files();
          const { parameters, restart } = loadFor(network, backend.plan, begun, given);
          await writeParameters(checkParameters("load", parameters, parameterSpecs(network.layers)));
          if (restart) resume(restart);
        });
      }),
    dispose: () => backend.dispose(),
  };
}

/** What a training of one network gives. @throws NumericError where it halted */
export function onlyReport([report]: readonly VariantReport[]): Report {
  if (report instanceof Error) throw report;
  return report as Report;
}

/** Bytes as they are now; what are none is refused when they are read. */
const copyOf = (bytes: Uint8Array | ArrayBuffer): Uint8Array | ArrayBuffer =>
  isBytes(bytes as Uint8Array) ? new Uint8Array(bytes) : (bytes?.slice?.(0) ?? bytes);

/** A plain object as it is now, and what it holds of such. */
const snapshot = <T>(value: T): T =>
  value && Object.getPrototypeOf(value) === Object.prototype
    ? (Object.fromEntries(Object.entries(value).map(([name, one]) => [name, snapshot(one)])) as T)
    : value;

const floatsOf = ({ buffer }: Words) => new Float32Array(buffer);

// What a page that only trains never needs is loaded when it is first asked for.
const changes = () => import("./change.ts");
const diagnosis = () => import("./numeric.ts");
const files = () => import("./resume.ts");
const values = () => import("./tensor-value.ts");
