import type { TableDescription } from "./description.ts";
import { type Fit, measureFit } from "./fit.ts";
import { scaleValues, undoScale } from "./scale.ts";

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
 */
export function scoreOf(
  { outputs, classes }: Predicted,
  targets: ArrayLike<number>,
  { targetScale }: TableDescription,
): Score {
  const rows = targets.length;
  if (targetScale) {
    const scaled = scaleValues(targets, targetScale);
    const loss = meanOf(rows, (row) => ((outputs[row] ?? 0) - (scaled[row] ?? 0)) ** 2 / 2);
    return { rows, loss, accuracy: undefined, fit: measureFit(undoScale(outputs, targetScale), targets) };
  }
  const width = outputs.length / rows;
  const loss = meanOf(rows, (row) => crossEntropy(outputs, row * width, width, targets[row] ?? 0));
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

function meanOf(rows: number, of: (row: number) => number): number {
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += of(row);
  return sum / rows;
}

/** How often each class was taken for each: `[classes, classes]`, down the true class, across the predicted one. */
export function confusionOf(actual: ArrayLike<number>, predicted: ArrayLike<number>, classes: number): number[] {
  const counts = pairsOf(actual, predicted, classes);
  return Array.from({ length: classes ** 2 }, (_, at) => counts.get(at) ?? 0);
}

/**
 * As `confusionOf`, by the places in that matrix, `actual·classes + predicted`, without those that are 0: no more than there are rows,
 * however many the classes.
 */
export function pairsOf(
  actual: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (let i = 0; i < actual.length; i++) {
    const at = (actual[i] ?? 0) * classes + (predicted[i] ?? 0);
    counts.set(at, (counts.get(at) ?? 0) + 1);
  }
  return counts;
}
