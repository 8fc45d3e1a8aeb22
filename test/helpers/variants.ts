import type { Dense } from "../../src/model/layer.ts";
import { dense } from "../../src/model/layer.ts";
import type { Loss } from "../../src/model/loss.ts";
import { adam, adamw, type Optimizer, sgd } from "../../src/model/optimizer.ts";
import { cosine, stepDecay } from "../../src/model/schedule.ts";
import { BATCHES, INPUTS, OUTPUTS, ROWS, UNITS } from "./palette.ts";
import type { Small } from "./whole-steps.ts";

/**
 * Optimizers of one kind that differ in every number; Adam's first ε is large, as in `networks.ts`. What is compiled is the same for all of a kind, and for one that trains alone;
 * fused, each is one of `networks.ts`.
 */
export const rules = {
  "sgd with decay of a rate that drops": [
    [0.2, 7, 0.5, 0.05],
    [0.1, 3, 0.9, 0.1],
    [0.3, 5, 0.7, 0.01],
  ].map(([learningRate = 0, every = 0, factor = 0, weightDecay = 0]) =>
    sgd({ learningRate: stepDecay({ learningRate, every, factor }), weightDecay }),
  ),
  "momentum, decay per step": [
    [0.05, 0.9, 0.05],
    [0.1, 0.5, 0.01],
    [0.02, 0.99, 0.1],
  ].map(([learningRate = 0, momentum = 0, weightDecay = 0]) =>
    sgd({ learningRate, momentum, weightDecay, decay: "per-step" }),
  ),
  "adam, a cosine": [
    [0.02, 60, 5, 0.9, 0.999, 1e-2],
    [0.05, 30, 2, 0.8, 0.99, 1e-6],
    [0.01, 20, 10, 0.95, 0.9, 1e-4],
  ].map(([learningRate = 0, steps = 0, warmup = 0, beta1 = 0, beta2 = 0, epsilon = 0]) =>
    adam({ learningRate: cosine({ learningRate, steps, warmup }), beta1, beta2, epsilon }),
  ),
  "adamw, biases decay too": [0.05, 0.01, 0.2].map((weightDecay) =>
    adamw({ learningRate: 0.1 * weightDecay, weightDecay, epsilon: 0.1 * weightDecay, decayBiases: true }),
  ),
} satisfies Readonly<Record<string, readonly Optimizer[]>>;

export type Rule = keyof typeof rules;

export const ruleNames = Object.keys(rules) as Rule[];

/** One loss a rule. */
export const lossOf = (rule: Rule): Loss => (rule === "adam, a cosine" ? "halfSquaredError" : "softmaxCrossEntropy");

interface Network {
  readonly inputs: number;
  readonly layers: readonly Dense[];
  readonly rows: number;
  readonly batch: number;
}

/** Batches of 16, 16 and 13 rows, of as few columns as leave all parameters in registers on any device. */
const few = { inputs: 3, rows: 45, batch: 16 };

/** Trained with all parameters in registers. */
export const inRegisters = {
  "one layer": { ...few, layers: [dense(3)] },
  "two layers": { ...few, layers: [dense(8, "relu"), dense(3)] },
  "three layers without a bias": {
    ...few,
    layers: [dense(5, "tanh"), dense(4, "sigmoid", { bias: false }), dense(3)],
  },
  "four layers, one of them frozen": {
    ...few,
    layers: [
      dense(4, "tanh"),
      dense(4, "identity", { trainable: false }),
      dense(4, "sigmoid", { trainable: { weights: true, bias: false } }),
      dense(3),
    ],
  },
} satisfies Readonly<Record<string, Network>>;

const palette = { inputs: INPUTS, rows: ROWS, batch: BATCHES[0] };

/** Too large for that. */
export const inWorkgroup = {
  "two wide layers": { ...palette, layers: [dense(UNITS[0], "relu"), dense(OUTPUTS)] },
  "three wide layers without a bias": {
    ...palette,
    layers: [dense(UNITS[0], "tanh"), dense(UNITS[1], "sigmoid", { bias: false }), dense(OUTPUTS)],
  },
} satisfies Readonly<Record<string, Network>>;

/** A training by the first of a rule's optimizers. */
export const smallOf = (network: Network, rule: Rule): Small => ({
  ...network,
  loss: lossOf(rule),
  optimizer: rules[rule][0] as Optimizer,
});
