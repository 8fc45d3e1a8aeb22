import { type Problem, type ProblemOptions, problemOf } from "../data/problem.ts";
import { readTable } from "./files.ts";

/** @param folder that the path leads from @throws DataError */
export const readProblem = (path: string, options: ProblemOptions, folder?: string): Problem =>
  problemOf(readTable(path, folder), options);
