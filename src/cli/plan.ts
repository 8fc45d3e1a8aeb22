import { lossOf } from "../data/task.ts";
import { refuse } from "../model/options.ts";
import { formatPlan } from "../plan/format.ts";
import { planTraining } from "../run/plan.ts";
import { modelOf, type NetworkOptions, optimizerOf, stepsOf } from "./network.ts";
import { sayText } from "./output.ts";
import { prepareTable, type TableOptions } from "./problem.ts";
import type { Terminal } from "./terminal.ts";

/** What the command line says of a plan. */
export interface PlanCommand extends Omit<TableOptions, "target">, NetworkOptions {
  readonly target?: string;
  readonly inputs?: number;
  readonly outputs?: number;
  readonly rows?: number;
  readonly json: boolean;
  readonly fuse: boolean;
}

/**
 * `chainrule plan`: prints the steps of training for a table or for given sizes; trains nothing, needs no GPU.
 * @param given names of the options that were given, and have not their default
 */
export async function plan(
  path: string | undefined,
  options: PlanCommand,
  given: ReadonlySet<string>,
  { folder, stdout }: Terminal,
): Promise<number> {
  const { inputs, outputs, rows, task } =
    path === undefined ? givenSizes(options, given) : tableSizes(path, options, folder);
  const { batch } = options;
  const optimizer = optimizerOf(options, stepsOf(options, rows));
  const built = planTraining({
    model: modelOf(options, outputs),
    loss: lossOf(task),
    optimizer,
    inputs,
    rows,
    ...(batch === undefined ? {} : { batch }),
    fuse: options.fuse,
  });
  sayText(stdout, options.json ? JSON.stringify(built, undefined, 2) : formatPlan(built));
  return 0;
}

function givenSizes(
  { inputs, outputs, rows = 1000, task = "classification" }: PlanCommand,
  given: ReadonlySet<string>,
) {
  if (inputs === undefined || outputs === undefined) {
    refuse(
      "plan",
      "no table and no sizes",
      "a table, or both --inputs and --outputs",
      "write plan data.csv --target column, or plan --inputs 64 --outputs 10",
    );
  }
  for (const [name, flag] of ofTables) {
    if (!given.has(name)) continue;
    refuse(flag, `${flag} without a table`, "a table, or sizes alone", `leave ${flag} out, or give a table`);
  }
  return { inputs, outputs, rows, task };
}

/** Options that say how to read a table. */
const ofTables = [
  ["target", "--target"],
  ["ignore", "--ignore"],
  ["testFraction", "--test-fraction"],
  ["scale", "--scale"],
  ["scaleTarget", "--scale-target"],
] as const;

function tableSizes(path: string, options: PlanCommand, folder: string | undefined) {
  for (const name of ["inputs", "outputs", "rows"] as const) {
    if (options[name] === undefined) continue;
    refuse(
      `--${name}`,
      `${options[name]} beside a table`,
      "sizes from the one or the other",
      `leave --${name} out, or the table`,
    );
  }
  const { target } = options;
  if (target === undefined) {
    refuse("plan", "a table without --target", "the column to predict", "add --target with the name of a column");
  }
  const { problem, data } = prepareTable(path, { ...options, target }, folder);
  return { inputs: problem.inputs.length, outputs: problem.outputs, rows: data.train.rows, task: problem.task };
}
