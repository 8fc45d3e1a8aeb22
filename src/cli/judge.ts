import type { TableDescription } from "../data/description.ts";
import { type Predicted, scoreOf } from "../data/score.ts";
import { formatConfusion, formatScores } from "./report.ts";

/** Some rows whose target is known, and what the network says of them. */
export interface Judged {
  readonly name: string;
  /** `[rows]`, numbers of classes or numbers in the target's own unit. */
  readonly targets: ArrayLike<number>;
  readonly prediction: Predicted;
}

/** Scores of each part and, for classification, the confusions of the last, as lines. */
export function judge(description: TableDescription, parts: readonly Judged[]): string[] {
  const scores = parts.map(({ name, targets, prediction }) => ({ name, ...scoreOf(prediction, targets, description) }));
  const lines = formatScores(scores);
  const last = parts.at(-1);
  if (last?.prediction.classes === undefined) return lines;
  return [
    ...lines,
    "",
    `confusion of the ${last.name} rows, down the true class, across the predicted one`,
    ...formatConfusion(last.targets, last.prediction.classes, description.classes),
  ];
}
