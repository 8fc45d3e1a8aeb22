import { descriptionKey } from "../data/description.ts";
import type { PreparedData } from "../data/problem.ts";
import { encodeSafetensors } from "../data/safetensors.ts";
import type { Device } from "../device/open.ts";
import { NumericError } from "../errors.ts";
import type { Model } from "../model/layer.ts";
import type { Loss } from "../model/loss.ts";
import { formatByRole } from "../plan/format-bytes.ts";
import { createTrainer } from "../run/trainer.ts";
import { tunerBy } from "../run/tune/tune.ts";
import type { Report, Trainer } from "../run/types.ts";
import { type Target, writeOrRescue } from "./files.ts";
import { formatCount, formatNumber, formatRate, formatSeconds } from "./format.ts";
import type { Interrupt } from "./interrupt.ts";
import { defaultRate, learningRateOf, type NetworkOptions, optimizerOf, stepsOf } from "./network.ts";
import { say } from "./output.ts";
import type { TableOptions } from "./problem.ts";
import { createProgress, stopping } from "./progress.ts";
import { type Epoch, formatEpochs } from "./report.ts";
import type { Terminal } from "./terminal.ts";
import { cacheFolder, fileCache } from "./tune-cache.ts";
import { formatTuning } from "./tuning.ts";

/** What the command line says of a training. */
export interface TrainCommand extends TableOptions, NetworkOptions {
  readonly out?: string;
  readonly force: boolean;
  /** Where some of them came from. */
  readonly config?: string;
  readonly tune: boolean;
}

export interface Training {
  readonly options: TrainCommand;
  readonly model: Model;
  readonly loss: Loss;
  readonly data: PreparedData;
  /** Where the model goes. */
  readonly target: Target;
}

/** What became of the epochs. */
interface Trained {
  readonly last: Report;
  readonly seconds: number;
  readonly rows: number;
}

/**
 * Trains, writes the model and says how fast it went.
 * @returns the trainer, to be disposed
 * @throws DeviceError; NumericError where the objective is not finite however small the steps are
 */
export async function trainAndSave(training: Training, interrupt: Interrupt, terminal: Terminal): Promise<Trainer> {
  const { data, target } = training;
  const { stdout } = terminal;
  const metadata = { [descriptionKey]: JSON.stringify(data.description) };
  // What no file holds is said before it is trained.
  encodeSafetensors({}, metadata);
  const out = target.path;
  const { device, trainer: first } = await compile(training, interrupt.signal, terminal);
  // What a signal ended is not all of it.
  if (!interrupt.signal.aborted) say(stdout, `adapter: ${nameAdapter(device)}`, ...describeTrainer(first));
  const { trainer, trained } = await trainTwice(training, device, first, interrupt.signal, terminal).catch((error) => {
    // What failed is said by who called; that its epochs are lost, nowhere else.
    say(terminal.stderr, `no model written to ${out}`);
    throw error;
  });
  if (trained === undefined) {
    say(stdout, "stopped before the first step: nothing was trained, and no model written");
    return trainer;
  }
  try {
    // Before all that is said of it, so that nothing which happens then can cost the work.
    const file = await trainer.save({ optimizer: false, metadata });
    const onWait = () => say(terminal.stderr, `${out}: nobody reads it yet; Ctrl-C keeps the model elsewhere`);
    await interrupt.during((signal) => writeOrRescue(target, file, "model.safetensors", { signal, onWait }));
    say(stdout, ...summarize(trained, epochOf(trainer, data), device), `model written to ${out}`);
    return trainer;
  } catch (error) {
    trainer.dispose();
    throw error;
  }
}

async function compile(training: Training, signal: AbortSignal, terminal: Terminal) {
  // It takes its time, and what has begun to compile is not to be stopped.
  const onAbort = () => say(terminal.stderr, stopping);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const device = await terminal.openDevice();
    return { device, trainer: await makeTrainer(training, device, signal, terminal) };
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function makeTrainer(
  { options, model, loss, data }: Training,
  device: Device,
  signal: AbortSignal,
  { env }: Terminal,
): Promise<Trainer> {
  const { batch, seed, tune } = options;
  const cache = fileCache(cacheFolder(env.XDG_CACHE_HOME));
  return createTrainer(device, {
    model,
    loss,
    optimizer: optimizerOf(options, stepsOf(options, data.train.rows)),
    seed,
    data: data.train.data,
    ...(batch === undefined ? {} : { batch }),
    ...(tune && !signal.aborted ? { tune: tunerBy(() => performance.now(), { cache }, signal) } : {}),
  });
}

/**
 * Trains, and where the objective leaves float32's range, once more from the beginning with a tenth of the learning rate. Not where
 * the rate was given, nor where the first step fails, which no rate has changed yet.
 */
async function trainTwice(
  training: Training,
  device: Device,
  first: Trainer,
  signal: AbortSignal,
  terminal: Terminal,
): Promise<{ readonly trainer: Trainer; readonly trained: Trained | undefined }> {
  const { options } = training;
  try {
    return { trainer: first, trained: await runEpochs(first, training, signal, terminal) };
  } catch (error) {
    first.dispose();
    if (!(error instanceof NumericError)) throw error;
    if (options.learningRate !== undefined || error.step === 1) throw advised(error, training);
    const learningRate = learningRateOf(options) / 10;
    const [failed, rate] = [error.step.toLocaleString("en"), formatNumber(learningRate)];
    say(terminal.stdout, `step ${failed}: ${error.got}; training anew with a tenth of the learning rate, ${rate}`);
    const slower = { ...training, options: { ...options, learningRate, tune: false } };
    const trainer = await makeTrainer(slower, device, signal, terminal);
    try {
      return { trainer, trained: await runEpochs(trainer, slower, signal, terminal) };
    } catch (again) {
      trainer.dispose();
      throw again instanceof NumericError ? advised(again, slower) : again;
    }
  }
}

/** The error with what mends it here: the library does not know what is scaled already. */
function advised(error: NumericError, { options, data }: Training): NumericError {
  const { where, got, expected, step, tensor } = error;
  const { inputScale, targetScale } = data.description;
  const rate = learningRateOf(options);
  const usual = defaultRate(options);
  const ways = [
    ...(inputScale.kind === "none" ? ["leave --scale none out"] : []),
    ...(targetScale?.kind === "none" ? ["leave --scale-target none out"] : []),
  ];
  if (step > 1 || ways.length === 0) {
    ways.push(
      rate > usual
        ? `leave --learning-rate out, which is ${usual} then`
        : `give --learning-rate ${formatNumber(rate / 10)}`,
    );
    if (options.weightDecay > 0) ways.push("give a smaller --weight-decay");
  }
  return new NumericError({ where, got, expected, remedy: ways.join(", or "), step, tensor }, { cause: error });
}

/** @returns undefined where the signal came before the first step */
async function runEpochs(
  trainer: Trainer,
  { options, data }: Training,
  signal: AbortSignal,
  terminal: Terminal,
): Promise<Trained | undefined> {
  if (signal.aborted) return undefined;
  const { epochs } = options;
  const progress = createProgress(epochs, epochOf(trainer, data), signal, terminal);
  let trained: Trained | undefined;
  try {
    for await (const last of trainer.fit({ epochs, signal })) {
      const { seconds = 0, rows = 0 } = trained ?? {};
      trained = { last, seconds: seconds + last.seconds, rows: rows + last.rows };
      progress.show(last);
    }
  } finally {
    progress.end();
  }
  return trained;
}

const epochOf = ({ plan }: Trainer, { train: { rows } }: PreparedData): Epoch => ({
  steps: Math.ceil(rows / plan.batch),
  rows,
});

const nameAdapter = ({ adapter }: Device) => `${adapter.name}${adapter.software ? ", a software adapter" : ""}`;

function describeTrainer({ plan, tuning, compileSeconds, memory }: Trainer): string[] {
  const seconds = formatSeconds(compileSeconds - (tuning?.seconds ?? 0));
  return [
    ...(tuning ? formatTuning(tuning) : []),
    `step: ${formatCount(plan.steps.length, "dispatch", "dispatches")} over ${formatCount(plan.batch, "row")}, compiled in ${seconds}`,
    `GPU memory: ${formatByRole(memory)}`,
    "",
  ];
}

function summarize({ last, seconds, rows }: Trained, whole: Epoch, device: Device): string[] {
  return [
    `${formatEpochs(last, whole)}, ${formatCount(last.step, "step")} in ${formatSeconds(seconds)}`,
    `speed: ${formatRate(last.step / seconds)} steps/s, ${formatRate(rows / seconds)} samples/s on ${nameAdapter(device)}`,
  ];
}
