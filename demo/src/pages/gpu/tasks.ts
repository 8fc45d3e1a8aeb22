import { dense, type Parameters, sequential, sgd, type TrainerOptions } from "chainrule";
import { randomNumbers } from "../../random.ts";

/** What the benchmark trains: relu networks, softmax cross-entropy, plain SGD; all rows known beforehand. */
export interface Task {
  /** `inputs-units-classes bBatch` */
  readonly name: string;
  /** Inputs, units of each layer, classes. */
  readonly sizes: readonly number[];
  readonly batch: number;
  /** Batches of an epoch, taken in order. */
  readonly batches: number;
  readonly learningRate: number;
  /** `[batches · batch, inputs]` */
  readonly inputs: Float32Array<ArrayBuffer>;
  /** `[batches · batch]` */
  readonly classes: Uint32Array<ArrayBuffer>;
}

/** A task with the weights that every contestant begins with. */
export interface StartedTask extends Task {
  readonly parameters: Parameters;
}

const shapes = [
  { sizes: [2, 8, 2], batch: 32 },
  { sizes: [64, 64, 10], batch: 32 },
  { sizes: [784, 128, 10], batch: 64 },
] as const;

const BATCHES = 8;
const LEARNING_RATE = 0.05;

export const taskNames: readonly string[] = shapes.map(nameOf);

function nameOf({ sizes, batch }: { readonly sizes: readonly number[]; readonly batch: number }): string {
  return `${sizes.join("–")}, batch ${batch}`;
}

/** Makes the tasks one by one, as each is some megabytes. */
export function* makeTasks(): Generator<Task> {
  for (const [seed, shape] of shapes.entries()) {
    const { sizes, batch } = shape;
    const uniform = randomNumbers(seed);
    const [columns, , classes] = sizes;
    const rows = BATCHES * batch;
    const spread = (length: number) => Float32Array.from({ length }, () => 2 * uniform() - 1);
    const inputs = spread(rows * columns);
    yield {
      name: nameOf(shape),
      sizes,
      batch,
      batches: BATCHES,
      learningRate: LEARNING_RATE,
      inputs,
      classes: classify(inputs, columns, spread(classes * columns), classes),
    };
  }
}

/** The class of a row is the largest of as many random projections, so that there is something to learn. */
function classify(inputs: Float32Array, columns: number, projections: Float32Array, classes: number) {
  return Uint32Array.from({ length: inputs.length / columns }, (_, row) => {
    const scores = Array.from({ length: classes }, (_, one) => {
      let sum = 0;
      for (let i = 0; i < columns; i++) sum += (inputs[row * columns + i] ?? 0) * (projections[one * columns + i] ?? 0);
      return sum;
    });
    return scores.indexOf(Math.max(...scores));
  });
}

/** What the library trains for a task; its seed gives the first weights. */
export const optionsOf = ({ sizes, batch, learningRate, inputs, classes }: Task): TrainerOptions => ({
  model: sequential(sizes.slice(1).map((units, i, all) => dense(units, i < all.length - 1 ? "relu" : "identity"))),
  loss: "softmaxCrossEntropy",
  optimizer: sgd({ learningRate }),
  data: { inputs, targets: classes },
  batch,
  shuffle: false,
});
