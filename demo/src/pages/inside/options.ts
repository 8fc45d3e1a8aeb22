import { dense, sequential, sgd, type TrainerOptions } from "chainrule";
import { randomNormals, randomNumbers } from "../../random.ts";
import { type InsideState, worked } from "./state.ts";

/** What the library trains: one batch that is the whole data set, by plain gradient descent, in the textbook's plan. */
export function trainerOptions(state: InsideState): TrainerOptions {
  const { hidden, outputs, activation, output, loss, rate, decay, seed, rows } = state;
  const classes = loss === "crossEntropy";
  // The published example leaves its biases as they are.
  const layer = { trainable: { weights: true, bias: state.start === "seeded" } };
  return {
    model: sequential([
      ...hidden.map((units) => dense(units, activation, layer)),
      dense(outputs, classes ? "identity" : output, layer),
    ]),
    loss: classes ? "softmaxCrossEntropy" : "halfSquaredError",
    optimizer: sgd({ learningRate: rate, weightDecay: decay }),
    data: dataOf(state),
    batch: rows,
    seed,
    shuffle: false,
    fuse: false,
  };
}

/** Rows to two decimals, so that a reader can follow by hand. */
function dataOf({ start, inputs, outputs, rows, loss, seed }: InsideState) {
  if (start === "worked") return { inputs: worked.inputs, targets: worked.targets };
  const uniform = randomNumbers(seed);
  const normals = randomNormals(uniform);
  const hundredths = (value: number) => Math.round(100 * value) / 100;
  return {
    inputs: Array.from({ length: rows * inputs }, () => hundredths(normals()[0])),
    targets:
      loss === "crossEntropy"
        ? Array.from({ length: rows }, (_, row) => row % outputs)
        : Array.from({ length: rows * outputs }, () => hundredths(uniform())),
  };
}
