import {
  type PreparedData,
  type PrepareOptions,
  type Problem,
  type ProblemOptions,
  prepare,
  problemOf,
} from "../data/problem.ts";
import type { Scaling } from "../data/scale.ts";
import { refuse } from "../model/options.ts";
import { readTable } from "./reading.ts";

/** What the command line says of a table and what is to be learned from it. */
export interface TableOptions extends ProblemOptions, Omit<PrepareOptions, "scaleTarget" | "ignoreOption"> {
  readonly scaleTarget?: Scaling;
}

/** A table as it is trained on. */
export interface Prepared {
  readonly problem: Problem;
  readonly data: PreparedData;
}

/**
 * Reads a table and makes it ready, as train takes it.
 * @param folder that the path leads from
 * @throws DataError, and ModelError where a scaling is given for a target of classes
 */
export function prepareTable(path: string, options: TableOptions, folder?: string): Prepared {
  const { target, task, ignore, testFraction, seed, scale, scaleTarget } = options;
  const problem = problemOf(readTable(path, folder), { target, ignore, ...(task && { task }) });
  if (problem.task === "classification" && scaleTarget !== undefined) {
    refuse(
      "--scale-target",
      `${scaleTarget} for a target of classes`,
      "a target of numbers",
      "leave --scale-target out, or add --task regression",
    );
  }
  const data = prepare(problem, {
    testFraction,
    seed,
    scale,
    scaleTarget: scaleTarget ?? "standard",
    ignoreOption: "--ignore",
  });
  return { problem, data };
}
