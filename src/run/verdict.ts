import { NumericError } from "../errors.ts";
import type { Loss } from "../model/loss.ts";
import type { Totals } from "./metrics.ts";
import type { Evaluation, Prediction } from "./types.ts";

/** Means over the rows. @throws NumericError where the loss is no finite number */
export function judgement({ rows, loss: sum, hits }: Pick<Totals, "rows" | "loss" | "hits">, loss: Loss): Evaluation {
  if (!Number.isFinite(sum)) throw overflow("evaluate", `L = ${sum}`, "L");
  return { rows, loss: sum / rows, accuracy: loss === "softmaxCrossEntropy" ? hits / rows : undefined };
}

/** What outputs `[rows, outputs]` say. @throws NumericError where one is no finite number */
export function prediction(o: Float32Array<ArrayBuffer>, outputs: number, loss: Loss): Prediction {
  const rows = o.length / outputs;
  const at = o.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw overflow("predict", `${o[at]} for row ${Math.floor(at / outputs) + 1}`, "o");
  if (loss !== "softmaxCrossEntropy") return { rows, outputs: o, probabilities: undefined, classes: undefined };
  return { rows, outputs: o, ...classify(o, outputs) };
}

const overflow = (where: string, got: string, tensor: string) =>
  new NumericError({
    where: `${where}: ${tensor}`,
    got,
    expected: "a finite number",
    remedy: "scale the rows as those trained on, or train anew with a lower learning rate",
    step: 0,
    tensor,
  });

/** softmax(o) and the first largest output of each row. */
function classify(o: Float32Array<ArrayBuffer>, outputs: number) {
  const rows = o.length / outputs;
  const probabilities = new Float32Array(o.length);
  const classes = new Uint32Array(rows);
  for (let i = 0; i < rows; i++) {
    const row = o.subarray(i * outputs, (i + 1) * outputs);
    const largest = row.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    const exponentials = Array.from(row, (value) => Math.exp(value - largest));
    const total = exponentials.reduce((sum, value) => sum + value, 0);
    probabilities.set(
      exponentials.map((value) => value / total),
      i * outputs,
    );
    classes[i] = row.indexOf(largest);
  }
  return { probabilities, classes };
}
