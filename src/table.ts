/** Tables: from CSV to the rows that a trainer takes and back, as the command line reads and writes them. */
export { isNumber, numberIn } from "./data/cell.ts";
export { commandLine, plainName, quoteFile, quoteNames, quoteWord } from "./data/command.ts";
export { readCsv, type Table } from "./data/csv.ts";
export { type Described, descriptionKey, readDescription, type TableDescription } from "./data/description.ts";
export { type Fit, measureFit } from "./data/fit.ts";
export {
  type Part,
  type PreparedData,
  type PrepareOptions,
  type Problem,
  type ProblemOptions,
  prepare,
  problemOf,
  type ScaledRows,
} from "./data/problem.ts";
export type { Rows } from "./data/rows.ts";
export { applyScale, type Scale, type Scaling, scalings, undoScale } from "./data/scale.ts";
export { confusionOf, type Predicted, pairsOf, type Score, scoreOf } from "./data/score.ts";
export { type Split, splitRows, takeRows, trainRows } from "./data/split.ts";
export { type LeaveOut, readInputs } from "./data/table.ts";
export { doubtOf, type Guess, guessTask, lossOf, type Task, tasks } from "./data/task.ts";
export { decodeText, visible } from "./data/text.ts";
