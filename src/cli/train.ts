import { basename, extname } from "node:path";
import { brief } from "../brief.ts";
import type { PreparedData } from "../data/problem.ts";
import { doubtOf, lossOf } from "../data/task.ts";
import { DataError } from "../errors.ts";
import type { Trainer } from "../run/types.ts";
import { checkWritable, type Target } from "./files.ts";
import { formatCount } from "./format.ts";
import { type Judged, judge } from "./judge.ts";
import { describeNetwork, describeOptimizer, modelOf, optimizerOf, stepsOf } from "./network.ts";
import { say } from "./output.ts";
import { type Prepared, prepareTable } from "./problem.ts";
import { isTrained } from "./reading.ts";
import type { Terminal } from "./terminal.ts";
import { type TrainCommand, trainAndSave } from "./training.ts";

/** `chainrule train`: trains on a table, writes the model, and says how good it is. @returns exit status */
export async function train(path: string, options: TrainCommand, terminal: Terminal): Promise<number> {
  const { folder, stdout, stderr } = terminal;
  const out = options.out ?? `${basename(path, extname(path))}.safetensors`;
  const prepared = prepareTable(path, options, folder);
  const { problem, data } = prepared;
  const model = modelOf(options, problem.outputs);
  const loss = lossOf(problem.task);
  const optimizer = optimizerOf(options, stepsOf(options, data.train.rows));
  const target: Target = { path: out, folder, force: options.force, isOwn: isTrained };
  const replaces = checkWritable(target, options.config === undefined ? [path] : [path, options.config]);
  say(stdout, ...describeProblem(prepared, options));
  const doubt = doubtOf(problem.table, options.target, problem.task);
  if (doubt) say(stderr, `warning: ${doubt.message}`);
  say(stdout, `network: ${describeNetwork(model, problem.inputs.length, loss)}`);
  say(stdout, `optimizer: ${describeOptimizer(options, optimizer)}`);

  if (replaces) say(stdout, `${out}: is there, and will be replaced when the training ends`);

  // From here on there is work that a signal ends.
  const interrupt = terminal.catchInterrupt();
  const trainer = await trainAndSave({ options, model, loss, data, target }, interrupt, terminal)
    .catch((error: unknown) => {
      if (interrupt.status === undefined || !(error instanceof DataError)) throw error;
      // A signal ended what was to write it, too.
      say(stderr, `error: ${error.message}`);
      return undefined;
    })
    .finally(() => interrupt.release());
  try {
    if (interrupt.status !== undefined || trainer === undefined) return interrupt.status ?? 1;
    const parts = await predictParts(trainer, data);
    say(stdout, "", ...judge(data.description, parts));
    return 0;
  } finally {
    trainer?.dispose();
  }
}

async function predictParts(trainer: Trainer, { train: trained, test }: PreparedData): Promise<Judged[]> {
  const parts: Judged[] = [];
  for (const [name, part] of Object.entries({ train: trained, test })) {
    if (part === undefined) continue;
    parts.push({ name, targets: part.targets, prediction: await trainer.predict(part.data.inputs) });
  }
  return parts;
}

function describeProblem({ problem, data }: Prepared, options: TrainCommand): string[] {
  const { table, guessed, task, inputs, classes } = problem;
  const { train: trained, test, description } = data;
  const kind =
    task === "classification" ? `classification, ${formatCount(classes.length, "class", "classes")}` : "regression";
  const { inputScale, targetScale } = description;
  const scaled = targetScale === undefined ? "" : `, target ${targetScale.kind}`;
  return [
    `${table.file}: ${formatCount(table.rows.length, "row")}, ${formatCount(inputs.length, "input")}, target "${brief(options.target, 80)}"`,
    `task: ${kind}${guessed === undefined ? "" : ` (guessed from ${guessed}; see --task)`}`,
    `rows: ${trained.rows.toLocaleString("en")} to train on, ${test ? `${test.rows.toLocaleString("en")} to test on` : "none to test on"} (seed ${options.seed})`,
    `scaling: inputs ${inputScale.kind}${scaled}`,
  ];
}
