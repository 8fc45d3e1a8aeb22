import { basename, extname } from "node:path";
import { descriptionKey, type TableDescription } from "../data/description.ts";
import {
  type Part,
  type PreparedData,
  type PrepareOptions,
  type Problem,
  type ProblemOptions,
  prepare,
} from "../data/problem.ts";
import type { Scaling } from "../data/scale.ts";
import type { Device } from "../device/open.ts";
import { ModelError } from "../errors.ts";
import { formatByRole } from "../plan/format-bytes.ts";
import { createTrainer } from "../run/trainer.ts";
import { tuner } from "../run/tune/tune.ts";
import type { Report, Trainer } from "../run/types.ts";
import { checkWritable, writeOrRescue } from "./files.ts";
import { formatCount, formatRate, formatSeconds } from "./format.ts";
import type { Interrupt } from "./interrupt.ts";
import { judge } from "./judge.ts";
import {
  checkBatch,
  describeNetwork,
  describeOptimizer,
  lossOf,
  modelOf,
  type NetworkOptions,
  optimizerOf,
} from "./network.ts";
import { say } from "./output.ts";
import { readProblem } from "./problem.ts";
import { createProgress } from "./progress.ts";
import { type Epoch, formatEpochs } from "./report.ts";
import type { Terminal } from "./terminal.ts";
import { cacheFolder, fileCache } from "./tune-cache.ts";
import { formatTuning } from "./tuning.ts";

export interface TrainOptions extends ProblemOptions, Omit<PrepareOptions, "scaleTarget">, NetworkOptions {
  readonly epochs: number;
  readonly scaleTarget?: Scaling;
  readonly out?: string;
  /** Where some of them came from. */
  readonly config?: string;
  readonly tune: boolean;
}

/** `chainrule train`: trains on a table, writes the model, and says how good it is. @returns exit status */
export async function train(path: string, options: TrainOptions, terminal: Terminal): Promise<number> {
  const { env, folder, stdout } = terminal;
  const out = options.out ?? `${basename(path, extname(path))}.safetensors`;
  const problem = readProblem(path, options, folder);
  const scaleTarget = targetScaling(problem, options);
  const data = prepare(problem, { ...options, scaleTarget });
  checkBatch(options, data.train.rows);
  const model = modelOf(options, problem.classes.length || 1);
  const loss = lossOf(problem.task);
  const optimizer = optimizerOf(options);
  checkWritable(out, options.config === undefined ? [path] : [path, options.config], folder);
  say(stdout, ...describeProblem(problem, data, { ...options, scaleTarget }));
  say(stdout, `network: ${describeNetwork(model, problem.inputs.length, loss)}`);
  say(stdout, `optimizer: ${describeOptimizer(options, optimizer)}`);

  const device = await terminal.openDevice();
  const { batch, seed } = options;
  const trainer = await createTrainer(device, {
    model,
    loss,
    optimizer,
    seed,
    data: data.train.data,
    ...(batch === undefined ? {} : { batch }),
    ...(options.tune ? { tune: tuner({ cache: fileCache(cacheFolder(env.XDG_CACHE_HOME)) }) } : {}),
  });
  try {
    return await conduct(trainer, { device, data, out, epochs: options.epochs }, terminal);
  } finally {
    trainer.dispose();
  }
}

interface Training {
  readonly device: Device;
  readonly data: PreparedData;
  readonly out: string;
  readonly epochs: number;
}

/** Trains, writes and judges. @returns exit status */
async function conduct(trainer: Trainer, training: Training, terminal: Terminal): Promise<number> {
  const { device, data, out } = training;
  const { stdout } = terminal;
  say(stdout, `adapter: ${nameAdapter(device)}`);
  const { plan, tuning, compileSeconds } = trainer;
  if (tuning) say(stdout, ...formatTuning(tuning));
  say(
    stdout,
    `step: ${formatCount(plan.steps.length, "dispatch", "dispatches")} over ${formatCount(plan.batch, "row")}, compiled in ${formatSeconds(compileSeconds - (tuning?.seconds ?? 0))}`,
    `GPU memory: ${formatByRole(trainer.memory)}\n`,
  );

  const interrupt = terminal.catchInterrupt();
  const whole = { steps: Math.ceil(data.train.rows / plan.batch), rows: data.train.rows };
  const reports = await runAndSave(trainer, training, whole, interrupt, terminal).finally(() => interrupt.release());
  say(stdout, summarize(reports, whole, device));
  say(stdout, reports.length > 0 ? `model written to ${out}` : "no model written");
  if (interrupt.status !== undefined) return interrupt.status;

  const parts: [name: string, part: Part][] = [["train", data.train]];
  if (data.test) parts.push(["test", data.test]);
  say(stdout, "", ...(await judge(trainer, data.description, parts)));
  return 0;
}

const nameAdapter = ({ adapter }: Device) => `${adapter.name}${adapter.software ? ", a software adapter" : ""}`;

function describeProblem(
  { table, guessed, task, inputs, classes }: Problem,
  data: PreparedData,
  options: TrainOptions,
): string[] {
  const { train: trained, test } = data;
  const kind =
    task === "classification" ? `classification, ${formatCount(classes.length, "class", "classes")}` : "regression";
  const scaled = task === "regression" ? `, target ${options.scaleTarget}` : "";
  return [
    `${table.file}: ${formatCount(table.rows.length, "row")}, ${formatCount(inputs.length, "input")}, target "${options.target}"`,
    `task: ${kind}${guessed === undefined ? "" : ` (guessed from ${guessed}; see --task)`}`,
    `rows: ${trained.rows.toLocaleString("en")} to train on, ${test ? `${test.rows.toLocaleString("en")} to test on` : "none to test on"} (seed ${options.seed})`,
    `scaling: inputs ${options.scale}${scaled}`,
  ];
}

/** @throws ModelError where one is given for classes, which have none */
function targetScaling({ task }: Problem, { scaleTarget }: TrainOptions): Scaling {
  if (task === "regression" || scaleTarget === undefined) return scaleTarget ?? "standard";
  throw new ModelError({
    where: "--scale-target",
    got: `${scaleTarget} for a target of classes`,
    expected: "a target of numbers",
    remedy: "leave --scale-target out, or add --task regression",
  });
}

/** Trains, and writes what came of it. */
async function runAndSave(
  trainer: Trainer,
  { data, out, epochs }: Training,
  whole: Epoch,
  interrupt: Interrupt,
  terminal: Terminal,
): Promise<Report[]> {
  const reports = await runEpochs(trainer, epochs, whole, interrupt, terminal).catch((error: unknown) => {
    // What failed is said by who called; that its epochs are lost, nowhere else.
    say(terminal.stderr, `no model written to ${out}`);
    throw error;
  });
  // Before all that is said of it, so that nothing which happens then can cost the work.
  if (reports.length > 0) await save(trainer, data.description, out, terminal.folder);
  return reports;
}

async function runEpochs(
  trainer: Trainer,
  epochs: number,
  whole: Epoch,
  { signal }: Interrupt,
  terminal: Terminal,
): Promise<Report[]> {
  const progress = createProgress(epochs, whole, signal, terminal);
  const reports: Report[] = [];
  try {
    for await (const report of trainer.fit({ epochs, signal })) {
      reports.push(report);
      progress.show(report);
    }
  } finally {
    progress.end();
  }
  return reports;
}

async function save(trainer: Trainer, description: TableDescription, out: string, folder?: string): Promise<void> {
  const metadata = { [descriptionKey]: JSON.stringify(description) };
  writeOrRescue(out, await trainer.save({ optimizer: false, metadata }), "model.safetensors", folder);
}

function summarize(reports: readonly Report[], whole: Epoch, device: Device): string {
  const seconds = reports.reduce((sum, report) => sum + report.seconds, 0);
  const rows = reports.reduce((sum, report) => sum + report.rows, 0);
  const last = reports.at(-1);
  if (last === undefined) return "stopped before the first step";
  return [
    `${formatEpochs(last, whole)}, ${formatCount(last.step, "step")} in ${formatSeconds(seconds)}`,
    `speed: ${formatRate(last.step / seconds)} steps/s, ${formatRate(rows / seconds)} samples/s on ${nameAdapter(device)}`,
  ].join("\n");
}
