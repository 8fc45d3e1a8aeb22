import type { TableDescription } from "../data/description.ts";
import { measureFit } from "../data/fit.ts";
import type { Part, ScaledRows } from "../data/problem.ts";
import { undoScale } from "../data/scale.ts";
import { NumericError } from "../errors.ts";
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
    if (targetScale) {
      const { outputs } = await predictor.predict(data.inputs);
      const fit = measureFit(undoScale(outputs, targetScale), targets);
      scores.push({ name, rows, loss: await lossOf(predictor, data), fit });
      continue;
    }
    const { loss, accuracy } = await predictor.evaluate(data);
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

/** The mean loss; infinite where float32 cannot hold its sum, since the errors can be told all the same. */
const lossOf = async (predictor: Predictor, data: ScaledRows): Promise<number> => {
  try {
    return (await predictor.evaluate(data)).loss;
  } catch (error) {
    if (error instanceof NumericError) return Number.POSITIVE_INFINITY;
    throw error;
  }
};
