import { activations } from "../../src/model/activation.ts";
import { type Dense, dense, resolveLayers, sequential } from "../../src/model/layer.ts";
import type { Loss } from "../../src/model/loss.ts";
import { adam, adamw, type Optimizer, sgd } from "../../src/model/optimizer.ts";
import { normal, uniform01 } from "../../src/model/random.ts";
import { cosine, stepDecay } from "../../src/model/schedule.ts";
import type { Plan } from "../../src/plan/types.ts";
import { planTraining } from "../../src/run/plan.ts";
import type { Run } from "./reference.ts";

export const half = "halfSquaredError";
export const softmax = "softmaxCrossEntropy";
export const INPUTS = 3;
export const ROWS = 23;
/** Batches of 5, 5, 5, 5, 3. */
export const BATCH = 5;

/** A network to be trained in both plans. */
export interface Network {
  readonly name: string;
  readonly layers: readonly Dense[];
  readonly loss: Loss;
  /** Dispatches of a fused step. */
  readonly dispatches: number;
}

export const frozen = { trainable: false };
const noBias = { bias: false };
const onlyWeights = { trainable: { weights: true, bias: false } };
const onlyBias = { trainable: { weights: false, bias: true } };

export const networks: readonly Network[] = [
  { name: "1 layer of logits", layers: [dense(4)], loss: softmax, dispatches: 3 },
  { name: "2 layers", layers: [dense(5, "relu"), dense(4)], loss: softmax, dispatches: 6 },
  {
    name: "3 layers, an activated output",
    layers: [dense(5, "sigmoid"), dense(4, "tanh"), dense(2, "relu")],
    loss: half,
    dispatches: 9,
  },
  {
    name: "4 layers, one of them linear",
    layers: [dense(5, "relu"), dense(4), dense(6, "tanh"), dense(3)],
    loss: softmax,
    dispatches: 12,
  },
  ...activations.map((activation) => ({
    name: `2 layers of ${activation}`,
    layers: [dense(6, activation), dense(2, activation)],
    loss: half as Loss,
    dispatches: 6,
  })),
  { name: "the widest narrow output", layers: [dense(4, "tanh"), dense(32)], loss: softmax, dispatches: 6 },
  { name: "the narrowest wide output", layers: [dense(4, "tanh"), dense(33)], loss: softmax, dispatches: 7 },
  { name: "1 wide layer", layers: [dense(35, "tanh")], loss: half, dispatches: 4 },
  ...activations.map((activation) => ({
    name: `a wide output of ${activation}`,
    layers: [dense(4, "tanh"), dense(40, activation)],
    loss: half as Loss,
    dispatches: 7,
  })),
  {
    name: "layers wider than a workgroup",
    layers: [dense(66, "tanh"), dense(65, "relu"), dense(2)],
    loss: half,
    dispatches: 9,
  },
  { name: "no bias", layers: [dense(5, "tanh", noBias), dense(4, "identity", noBias)], loss: softmax, dispatches: 6 },
  {
    name: "a bias in every other layer",
    layers: [dense(5, "tanh", noBias), dense(4, "relu"), dense(2, "identity", noBias)],
    loss: half,
    dispatches: 9,
  },
  {
    name: "frozen biases",
    layers: [dense(5, "tanh", onlyWeights), dense(4, "identity", onlyWeights)],
    loss: softmax,
    dispatches: 6,
  },
  {
    name: "frozen lower layers",
    layers: [dense(5, "tanh", frozen), dense(4, "relu", frozen), dense(4, "tanh"), dense(2)],
    loss: half,
    dispatches: 8,
  },
  {
    name: "a frozen layer in the middle",
    layers: [dense(5, "tanh"), dense(4, "relu", frozen), dense(2)],
    loss: half,
    dispatches: 8,
  },
  { name: "a frozen output", layers: [dense(5, "tanh"), dense(2, "sigmoid", frozen)], loss: half, dispatches: 5 },
  { name: "a frozen wide output", layers: [dense(5, "tanh"), dense(34, "sigmoid", frozen)], loss: half, dispatches: 6 },
];

/**
 * Networks of which some layer trains its bias alone: its two textbook steps stay, one dispatch more than a fused update
 * takes, and one for ‖b‖² where biases decay.
 */
export const biasOnly: readonly Network[] = [
  { name: "1 layer of frozen weights", layers: [dense(2, "sigmoid", onlyBias)], loss: half, dispatches: 4 },
  {
    name: "frozen weights at the bottom",
    layers: [dense(5, "tanh", onlyBias), dense(4)],
    loss: softmax,
    dispatches: 7,
  },
  {
    name: "frozen weights in the middle",
    layers: [dense(5, "tanh"), dense(4, "relu", onlyBias), dense(2)],
    loss: half,
    dispatches: 10,
  },
];

export const trained: readonly Network[] = [...networks, ...biasOnly];

export const fullyFrozen: readonly Network[] = [
  { name: "narrow", layers: [dense(5, "tanh", frozen), dense(4, "identity", frozen)], loss: softmax, dispatches: 3 },
  { name: "wide", layers: [dense(5, "tanh", frozen), dense(40, "identity", frozen)], loss: softmax, dispatches: 4 },
  // Nothing asks for ∂J/∂z, so that the loss stays apart and gives ∂J/∂o.
  { name: "activated", layers: [dense(2, "sigmoid", frozen)], loss: half, dispatches: 3 },
  { name: "wide and activated", layers: [dense(33, "sigmoid", frozen)], loss: half, dispatches: 3 },
];

export const rate = 0.05;
const steps = stepDecay({ learningRate: rate, every: 7, factor: 0.5 });
const arc = cosine({ learningRate: rate, steps: 30, warmup: 4 });

/** Every kind of rule, decay and schedule. @param numbers of Adam that are not the usual ones */
const optimizersWith = (numbers: { readonly epsilon?: number }): readonly (readonly [string, Optimizer])[] => [
  ["sgd", sgd({ learningRate: rate })],
  ["sgd, λ", sgd({ learningRate: steps, weightDecay: 0.3 })],
  [
    "sgd, λ per step, of biases too",
    sgd({ learningRate: rate, weightDecay: 0.1, decay: "per-step", decayBiases: true }),
  ],
  ["momentum", sgd({ learningRate: arc, momentum: 0.9 })],
  ["momentum, λ of biases too", sgd({ learningRate: rate, momentum: 0.9, weightDecay: 0.3, decayBiases: true })],
  ["momentum, λ per step", sgd({ learningRate: rate, momentum: 0.5, weightDecay: 0.1, decay: "per-step" })],
  ["adam", adam({ learningRate: arc, ...numbers })],
  ["adam, λ", adam({ learningRate: rate, weightDecay: 0.3, ...numbers })],
  [
    "adam, λ per step, of biases too",
    adam({ learningRate: rate, weightDecay: 0.1, decay: "per-step", decayBiases: true, ...numbers }),
  ],
  ["adamw", adamw({ learningRate: rate, ...numbers })],
  ["adamw, λ", adamw({ learningRate: steps, weightDecay: 0.1, ...numbers })],
  ["adamw, λ of biases too", adamw({ learningRate: rate, weightDecay: 0.1, decayBiases: true, ...numbers })],
];

/**
 * For float32: an ε of Adam so large that a gradient which cancels to nothing has no direction. By a small one, its last bit, and
 * so the order of sums, decides where a whole step goes.
 */
export const optimizers = optimizersWith({ epsilon: 0.01 });

/** For double precision: Adam as it is by default. */
export const exactOptimizers = optimizersWith({});

/**
 * A quarter of the optimizers, of every kind and form of decay over four networks: what the n-th network is paired with where all
 * pairs would say little more.
 */
export const optimizersOf = (network: number): typeof optimizers =>
  exactOptimizers.filter((_, index) => index % 4 === network % 4);

/** One of them by its name. */
export function ruleOf(name: string): Optimizer {
  const [, optimizer] = optimizers.find(([known]) => known === name) ?? [];
  if (!optimizer) throw new Error(`no optimizer "${name}"`);
  return optimizer;
}

export const decaying = sgd({ learningRate: rate, weightDecay: 0.3 });

/** Plans that were built, which no test changes. */
const plans = new WeakMap<Network, Map<string, Plan>>();

export function planOf(network: Network, optimizer: Optimizer, fused: boolean): Plan {
  const known = plans.get(network) ?? new Map<string, Plan>();
  plans.set(network, known);
  const key = `${fused} ${JSON.stringify(optimizer)}`;
  const plan =
    known.get(key) ??
    planTraining({
      model: sequential(network.layers),
      loss: network.loss,
      optimizer,
      inputs: INPUTS,
      rows: ROWS,
      batch: BATCH,
      fuse: fused,
      oneDispatch: false,
    });
  known.set(key, plan);
  return plan;
}

/** Standard normal numbers of a stream. */
const draw = (stream: number, count: number) => Float64Array.from({ length: count }, (_, i) => normal(1, stream, i));

/** Data and parameters drawn with a seed; no parameter begins at 0. */
export function runOf({ layers, loss }: Network, optimizer: Optimizer): Run {
  const model = sequential(layers);
  const resolved = resolveLayers(model, INPUTS, loss);
  const outputs = resolved.at(-1)?.units ?? 0;
  const parameters = Object.fromEntries(
    resolved.flatMap(({ inputs, units, bias }, index) => [
      [`W${index + 1}`, draw(2 * index, units * inputs).map((value) => value / Math.sqrt(inputs))] as const,
      ...(bias ? [[`b${index + 1}`, draw(2 * index + 1, units)] as const] : []),
    ]),
  );
  const targets =
    loss === softmax
      ? Array.from({ length: ROWS }, (_, row) => Math.floor(outputs * uniform01(1, 101, row)))
      : draw(101, ROWS * outputs);
  const inputs = draw(100, ROWS * INPUTS);
  return { model, loss, optimizer, inputs, targets, rows: ROWS, batch: BATCH, shuffle: true, parameters };
}
