import { checkObject, refuse, show } from "../model/options.ts";
import { count } from "../model/schedule.ts";
import { checkNumbers } from "./check.ts";
import type { TableDescription } from "./description.ts";
import { type Fit, measureFit } from "./fit.ts";
import { checkScale, scaleValues, undoScale } from "./scale.ts";
import { checkTask } from "./task.ts";

/** What a network says of rows, as `predict` of a trainer gives it. */
export interface Predicted {
  /** o `[rows, outputs]`: logits of the classes, or the scaled number. */
  readonly outputs: ArrayLike<number>;
  /** Numbers of the classes `[rows]`; undefined for regression. */
  readonly classes: ArrayLike<number> | undefined;
}

/** How good a network is on some rows. */
export interface Score {
  readonly rows: number;
  /** The mean loss a row, of the scaled target. */
  readonly loss: number;
  /** Share of the rows whose class is predicted; undefined for regression. */
  readonly accuracy: number | undefined;
  /** In the target's own unit; undefined for classification. */
  readonly fit: Fit | undefined;
}

/**
 * Judges predictions, with sums in float64.
 * @param targets `[rows]`, numbers of classes or numbers in the target's own unit
 * @throws ModelError for what are no such numbers
 */
export function scoreOf(predicted: Predicted, targets: ArrayLike<number>, description: TableDescription): Score {
  const where = "scoreOf";
  checkObject(`${where}: predicted`, predicted, "outputs, classes");
  checkObject(`${where}: description`, description, "a table's description");
  checkTask(`${where}: description`, description.task);
  checkNumbers(where, "targets", targets);
  const { outputs, classes } = predicted;
  const { targetScale } = description;
  const rows = targets.length;
  if (description.task === "regression") {
    checkScale(`${where}: targetScale`, targetScale);
    checkNumbers(where, "outputs", outputs, rows);
    const scaled = scaleValues(targets, targetScale);
    const loss = meanOf(rows, (row) => ((outputs[row] ?? 0) - (scaled[row] ?? 0)) ** 2 / 2);
    return { rows, loss, accuracy: undefined, fit: measureFit(undoScale(outputs, targetScale), targets) };
  }
  checkNumbers(where, "outputs", outputs);
  if (classes !== undefined) checkNumbers(where, "classes", classes, rows);
  const width = outputs.length / rows;
  if (!Number.isInteger(width))
    refuse(where, `${outputs.length} outputs`, `as many for each of ${rows} rows`, "give whole rows");
  const loss = meanOf(rows, (row) => crossEntropy(outputs, row * width, width, classAt(where, targets, row, width)));
  return { rows, loss, accuracy: meanOf(rows, (row) => Number(classes?.[row] === targets[row])), fit: undefined };
}

/** log Σⱼ exp oⱼ − o_y of the row whose outputs begin at `from`. */
function crossEntropy(outputs: ArrayLike<number>, from: number, width: number, target: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < width; j++) most = Math.max(most, outputs[from + j] ?? 0);
  let sum = 0;
  for (let j = 0; j < width; j++) sum += Math.exp((outputs[from + j] ?? 0) - most);
  return Math.log(sum) + (most - (outputs[from + target] ?? 0));
}

/** @throws ModelError unless one of so many classes stands there */
function classAt(where: string, values: ArrayLike<number>, i: number, classes: number): number {
  const value = values[i] ?? 0;
  if (Number.isInteger(value) && value >= 0 && value < classes) return value;
  return refuse(where, `class ${show(value)}`, `a whole number from 0 to ${classes - 1}`, "give the classes' numbers");
}

function meanOf(rows: number, of: (row: number) => number): number {
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += of(row);
  return sum / rows;
}

/** A longer matrix is mostly zeros, whose pairs are better counted as they come. */
const mostMatrixClasses = 1024;

/** Of more the places of pairs would be beyond what float64 tells apart: ⌊2^26.5⌋. */
const mostPairedClasses = 94_906_265;

/**
 * How often each class was taken for each: `[classes, classes]`, down the true class, across the predicted one.
 * @throws ModelError for more than 1024 classes, of which `pairsOf` counts the pairs that there are, and for what are no classes
 */
export function confusionOf(actual: ArrayLike<number>, predicted: ArrayLike<number>, classes: number): number[] {
  const where = "confusionOf";
  count(where, "classes", classes, 1);
  if (classes > mostMatrixClasses) {
    refuse(where, `${classes} classes`, `at most ${mostMatrixClasses}`, "count the pairs with pairsOf");
  }
  const counts = pairsOf(actual, predicted, classes);
  return Array.from({ length: classes ** 2 }, (_, at) => counts.get(at) ?? 0);
}

/**
 * As `confusionOf`, by the places in that matrix, `actual·classes + predicted`, without those that are 0: no more than there are rows,
 * however many the classes.
 * @throws ModelError for what are no classes, and for so many that their pairs have no numbers
 */
export function pairsOf(
  actual: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
): ReadonlyMap<number, number> {
  const where = "pairsOf";
  count(where, "classes", classes, 1);
  if (classes > mostPairedClasses) refuse(where, `${classes} classes`, `at most ${mostPairedClasses}`, "take fewer");
  checkNumbers(where, "actual", actual);
  checkNumbers(where, "predicted", predicted, actual.length);
  const counts = new Map<number, number>();
  for (let i = 0; i < actual.length; i++) {
    const at = classAt(where, actual, i, classes) * classes + classAt(where, predicted, i, classes);
    counts.set(at, (counts.get(at) ?? 0) + 1);
  }
  return counts;
}
