import { brief, visible } from "../brief.ts";
import type { Fit } from "../data/fit.ts";
import { pairsOf, type Score } from "../data/score.ts";
import type { Report } from "../run/types.ts";
import { formatCount, formatNumber, formatShare, formatTable } from "./format.ts";

/** What an epoch is made of. */
export interface Epoch {
  readonly steps: number;
  readonly rows: number;
}

/** How far the training has come: `3 epochs`, or `2 epochs and 12 of the 40 steps of the next (384 of 1,280 rows)`. */
export function formatEpochs({ epoch, steps, rows }: Report, whole: Epoch): string {
  if (steps >= whole.steps) return formatCount(epoch, "epoch");
  const begun = `${steps.toLocaleString("en")} of the ${formatCount(whole.steps, "step")} of the next`;
  const part = `${rows.toLocaleString("en")} of ${formatCount(whole.rows, "row")}`;
  return `${formatCount(epoch - 1, "epoch")} and ${begun} (${part})`;
}

/** The score of a part of the rows. */
export interface NamedScore extends Score {
  readonly name: string;
}

/** Scores as a table, one part a line. */
export function formatScores(scores: readonly NamedScore[]): string[] {
  const regression = scores.some(({ fit }) => fit !== undefined);
  const header = ["", "rows", regression ? "loss (scaled)" : "loss", ...(regression ? ["RMSE", "R²"] : ["accuracy"])];
  const rows = scores.map(({ name, rows: count, loss, accuracy, fit }) => [
    name,
    count.toLocaleString("en"),
    formatNumber(loss),
    ...(fit ? [formatNumber(fit.rmse), formatR2(fit)] : [accuracy === undefined ? "" : formatShare(accuracy)]),
  ]);
  return formatTable([header, ...rows]);
}

export const formatR2 = ({ r2 }: Fit): string => (Number.isNaN(r2) ? "none (the target does not vary)" : r2.toFixed(4));

/** Up to so many classes the whole matrix is shown, above the pairs most often confused. */
export const mostMatrixClasses = 20;
const mostPairs = 10;

/**
 * Which classes were taken for which, as lines.
 * @param actual numbers of the true classes `[n]`
 * @param predicted numbers of the predicted classes `[n]`
 */
export function formatConfusion(
  actual: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: readonly string[],
): string[] {
  const counts = pairsOf(actual, predicted, classes.length);
  if (classes.length > mostMatrixClasses) return formatPairs(counts, classes);
  const names = shortened(classes);
  const rows = names.map((name, row) => [
    name,
    ...names.map((_, column) => String(counts.get(row * names.length + column) ?? ".")),
  ]);
  return formatTable([["", ...names], ...rows]);
}

function formatPairs(counts: ReadonlyMap<number, number>, classes: readonly string[]): string[] {
  const wrong = [...counts].flatMap(([at, count]) => {
    const [truth, predicted] = [Math.floor(at / classes.length), at % classes.length];
    return truth === predicted ? [] : [{ truth, predicted, count }];
  });
  const nameOf = (number: number) => brief(classes[number] ?? "", mostLetters);
  if (wrong.length === 0) return ["no class was taken for another"];
  wrong.sort((a, b) => b.count - a.count || a.truth - b.truth || a.predicted - b.predicted);
  const lines = wrong
    .slice(0, mostPairs)
    .map(
      ({ truth, predicted, count }) =>
        `"${nameOf(truth)}" taken for "${nameOf(predicted)}": ${formatCount(count, "time")}`,
    );
  const rest = wrong.length - lines.length;
  return rest > 0 ? [...lines, `and ${formatCount(rest, "pair")} more`] : lines;
}

/** Most letters of a name in the matrix. */
const mostLetters = 40;

/** Names of few letters, as many as tell them apart; numbered where 40 do not. */
function shortened(names: readonly string[]): string[] {
  const heads = names.map((name) => Array.from(visible(name.slice(0, 4 * mostLetters))));
  for (let most = 10; most <= mostLetters; most++) {
    const short = heads.map((letters) => shorten(letters, most));
    if (new Set(short).size === names.length) return short;
  }
  return heads.map((letters, i) => `${i + 1} ${shorten(letters, 10)}`);
}

const shorten = (letters: readonly string[], most: number): string =>
  letters.length <= most ? letters.join("") : `${letters.slice(0, most - 1).join("")}…`;
