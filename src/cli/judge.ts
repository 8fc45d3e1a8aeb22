import type { TableDescription } from "../data/description.ts";
import { measureFit } from "../data/fit.ts";
import type { Part } from "../data/problem.ts";
import { undoScale } from "../data/scale.ts";
import type { Predictor } from "../run/types.ts";
import { formatConfusion, formatScores, type Score } from "./report.ts";

/** Scores of each part and, for classification, the confusions of the last, as lines. */
export async function judge(
  predictor: Predictor,
  { classes, targetScale }: TableDescription,
  parts: readonly (readonly [name: string, part: Part])[],
): Promise<string[]> {
  const scores: Score[] = [];
  const confusion: string[] = [];
  for (const [index, [name, { rows, data, targets }]] of parts.entries()) {
    const { loss, accuracy } = await predictor.evaluate(data);
    if (targetScale) {
      const { outputs } = await predictor.predict(data.inputs);
      scores.push({ name, rows, loss, fit: measureFit(undoScale(outputs, targetScale), targets) });
      continue;
    }
    scores.push({ name, rows, loss, accuracy });
    if (index < parts.length - 1) continue;
    const { classes: predicted = [] } = await predictor.predict(data.inputs);
    confusion.push(
      "",
      `confusion of the ${name} rows, down the true class, across the predicted one`,
      ...formatConfusion(targets, predicted, classes),
    );
  }
  return [...formatScores(scores), ...confusion];
}
