import type { ProblemOptions } from "../data/problem.ts";
import { splitRows } from "../data/split.ts";
import { ModelError } from "../errors.ts";
import { formatPlan } from "../plan/format.ts";
import { planTraining } from "../run/plan.ts";
import { checkBatch, lossOf, modelOf, type NetworkOptions, optimizerOf } from "./network.ts";
import { print } from "./output.ts";
import { readProblem } from "./problem.ts";
import type { Terminal } from "./terminal.ts";

export interface PlanOptions extends Omit<ProblemOptions, "target">, NetworkOptions {
  readonly target?: string;
  readonly testFraction: number;
  readonly seed: number;
  readonly inputs?: number;
  readonly outputs?: number;
  readonly rows?: number;
  readonly json: boolean;
  readonly fuse: boolean;
}

/**
 * `chainrule plan`: prints the steps of training for a table or for given sizes; trains nothing, needs no GPU.
 * @param isGiven whether an option was given, and has not its default
 */
export async function plan(
  path: string | undefined,
  options: PlanOptions,
  isGiven: (name: keyof PlanOptions) => boolean,
  { folder, stdout }: Terminal,
): Promise<number> {
  const { inputs, outputs, rows, task } =
    path === undefined ? givenSizes(options, isGiven) : tableSizes(path, options, folder);
  const { batch } = options;
  checkBatch(options, rows);
  const built = planTraining({
    model: modelOf(options, outputs),
    loss: lossOf(task),
    optimizer: optimizerOf(options),
    inputs,
    rows,
    ...(batch === undefined ? {} : { batch }),
    fuse: options.fuse,
  });
  await print(stdout, options.json ? `${JSON.stringify(built, undefined, 2)}\n` : `${formatPlan(built)}\n`);
  return 0;
}

function givenSizes(
  { inputs, outputs, rows = 1000, task = "classification" }: PlanOptions,
  isGiven: (name: keyof PlanOptions) => boolean,
) {
  if (inputs === undefined || outputs === undefined) {
    throw new ModelError({
      where: "plan",
      got: "no table and no sizes",
      expected: "a table, or both --inputs and --outputs",
      remedy: "run chainrule plan data.csv --target column, or chainrule plan --inputs 64 --outputs 10",
    });
  }
  for (const [name, flag] of ofTables) {
    if (!isGiven(name)) continue;
    throw new ModelError({
      where: flag,
      got: `${flag} without a table`,
      expected: "a table, or sizes alone",
      remedy: `leave ${flag} out, or give a table`,
    });
  }
  return { inputs, outputs, rows, task };
}

/** Options that say how to read a table. */
const ofTables = [
  ["target", "--target"],
  ["ignore", "--ignore"],
  ["testFraction", "--test-fraction"],
] as const;

function tableSizes(path: string, options: PlanOptions, folder: string | undefined) {
  for (const name of ["inputs", "outputs", "rows"] as const) {
    if (options[name] === undefined) continue;
    throw new ModelError({
      where: `--${name}`,
      got: `${options[name]} beside a table`,
      expected: "sizes from the one or the other",
      remedy: `leave --${name} out, or the table`,
    });
  }
  const { target } = options;
  if (target === undefined) {
    throw new ModelError({
      where: "plan",
      got: "a table without --target",
      expected: "the column to predict",
      remedy: "add --target with the name of a column",
    });
  }
  const { table, inputs, classes, task } = readProblem(path, { ...options, target }, folder);
  const { train } = splitRows(table.rows.length, options.testFraction, options.seed);
  return { inputs: inputs.length, outputs: classes.length || 1, rows: train.length, task };
}
