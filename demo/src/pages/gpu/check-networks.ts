import {
  adam,
  adamw,
  cosine,
  type Dense,
  dense,
  type Loss,
  type Optimizer,
  sequential,
  sgd,
  stepDecay,
  type TrainerOptions,
} from "chainrule";
import { randomNormals, randomNumbers } from "../../random.ts";

/** A training that the GPU and the reference do alike, if the GPU is right. */
export interface CheckNetwork {
  /** Inputs and units of each layer. */
  readonly name: string;
  /** What is special about it. */
  readonly about: string;
  readonly options: TrainerOptions;
}

interface Row {
  readonly inputs: number;
  readonly layers: readonly Dense[];
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  readonly rows: number;
  readonly batch: number;
  /** Chosen so that no relu meets its kink, where either slope is right. */
  readonly seed: number;
  readonly about: string;
}

const softmax = "softmaxCrossEntropy";
const half = "halfSquaredError";

/** Odd sizes around the kernels' tiles, and a partial last batch in each. */
const table: readonly Row[] = [
  {
    inputs: 5,
    layers: [dense(17, "tanh"), dense(3)],
    loss: softmax,
    optimizer: sgd({ learningRate: 0.2, weightDecay: 0.1 }),
    rows: 33,
    batch: 16,
    seed: 1,
    about: "tanh, cross-entropy, SGD with λ",
  },
  {
    inputs: 7,
    layers: [dense(19, "relu"), dense(13, "sigmoid"), dense(2)],
    loss: half,
    optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }),
    rows: 29,
    batch: 8,
    seed: 2,
    about: "relu and sigmoid, squared error, momentum",
  },
  {
    inputs: 33,
    layers: [dense(65, "tanh"), dense(40)],
    loss: softmax,
    optimizer: adam({
      learningRate: cosine({ learningRate: 0.01, steps: 25, warmup: 4, finalLearningRate: 0.001 }),
      weightDecay: 0.3,
    }),
    rows: 130,
    batch: 64,
    seed: 3,
    about: "a wide output, Adam, cosine schedule",
  },
  {
    inputs: 3,
    layers: [dense(11, "sigmoid", { bias: false }), dense(1, "tanh")],
    loss: half,
    optimizer: adamw({ learningRate: 0.02, weightDecay: 0.05 }),
    rows: 23,
    batch: 5,
    seed: 4,
    about: "a layer without bias, tanh at the output, AdamW",
  },
  {
    inputs: 129,
    layers: [dense(19, "relu"), dense(10)],
    loss: softmax,
    optimizer: sgd({
      learningRate: stepDecay({ learningRate: 0.1, every: 7, factor: 0.6 }),
      weightDecay: 0.01,
      decay: "per-step",
    }),
    rows: 31,
    batch: 13,
    seed: 5,
    about: "many inputs, λ per step, falling η",
  },
  {
    inputs: 2,
    layers: [
      dense(8, "tanh", { trainable: { weights: true, bias: false } }),
      dense(8, "sigmoid", { trainable: false }),
      dense(8, "tanh"),
      dense(2),
    ],
    loss: softmax,
    optimizer: sgd({ learningRate: 0.3, momentum: 0.5, weightDecay: 0.1, decayBiases: true }),
    rows: 50,
    batch: 1,
    seed: 6,
    about: "four layers, one of them frozen, one row a step",
  },
];

export const checkNetworks: readonly CheckNetwork[] = table.map((row) => {
  const { inputs, layers, loss, optimizer, rows, batch, seed, about } = row;
  return {
    name: [inputs, ...layers.map(({ units }) => units)].join("–"),
    about: `${about}, batches of ${batch} out of ${rows} rows`,
    options: { model: sequential(layers), loss, optimizer, data: dataOf(row), batch, seed },
  };
});

function dataOf({ inputs, layers, loss, rows, seed }: Row) {
  const uniform = randomNumbers(seed);
  const normals = randomNormals(uniform);
  const outputs = layers.at(-1)?.units ?? 0;
  return {
    inputs: Float32Array.from({ length: rows * inputs }, () => normals()[0]),
    targets:
      loss === softmax
        ? Uint32Array.from({ length: rows }, () => Math.floor(outputs * uniform()))
        : Float32Array.from({ length: rows * outputs }, () => 2 * uniform() - 1),
  };
}
