import { resolveLayers } from "../../src/model/layer.ts";
import { buildEvaluatePlan } from "../../src/plan/build.ts";
import { createReference } from "../../src/reference/run.ts";
import type { Dataset, Evaluation, Parameters, TrainerOptions } from "../../src/run/types.ts";
import { expectClose } from "./compare.ts";
import { controlOf, random } from "./gpu.ts";
import { CLASSES, CLOSE, COLUMNS, classes, sumsOf } from "./training.ts";

/** Rows that a small network may judge. */
export const rowsFor = ({ loss, model }: TrainerOptions, rows: number): Dataset =>
  loss === "softmaxCrossEntropy"
    ? classes(rows, 9)
    : { inputs: random(rows * COLUMNS, 9), targets: random(rows * (model.layers.at(-1)?.units ?? CLASSES), 10) };

/** Sums over all rows at once, and what each layer gives, by the twin. */
export function judge({ model, loss }: TrainerOptions, parameters: Parameters, { inputs, targets }: Dataset) {
  const rows = inputs.length / COLUMNS;
  const layers = resolveLayers(model, COLUMNS, loss);
  const reference = createReference(buildEvaluatePlan({ layers, loss, batch: rows }), controlOf({ rows, step: 1 }));
  reference.set("x", inputs);
  reference.set("y", targets);
  for (const [name, values] of Object.entries(parameters)) reference.set(name, values);
  reference.step();
  return { ...sumsOf(reference), hidden: reference.tensor("h1"), outputs: reference.tensor("o") };
}

/** Asserts that an evaluation gives what the twin sums over so many rows. */
export function expectEvaluation(
  { rows, loss, accuracy }: Evaluation,
  options: TrainerOptions,
  expected: ReturnType<typeof judge>,
): void {
  expectClose("rows", [rows], [expected.rows], 0);
  expectClose("loss", [loss], [expected.loss / rows], (CLOSE * expected.loss) / rows);
  const hits = options.loss === "softmaxCrossEntropy" ? [expected.hits / rows] : [];
  expectClose("accuracy", accuracy === undefined ? [] : [accuracy], hits, 0);
}
