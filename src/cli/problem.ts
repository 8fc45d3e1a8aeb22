import { type Problem, type ProblemOptions, problemOf } from "../data/problem.ts";
import { readTable } from "./files.ts";

/** @throws DataError */
export const readProblem = (path: string, options: ProblemOptions): Problem => problemOf(readTable(path), options);
