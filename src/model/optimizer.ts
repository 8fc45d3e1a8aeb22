import { checkOptions, checkWord, described, isDescribed, refuse, type Shape, show } from "./options.ts";
import type { Schedule } from "./schedule.ts";
import { fraction, notNegative, positive } from "./schedule.ts";

/**
 * How the penalty s enters a step over |B| rows. With g = (Σ∂ℓ + λ̃ω)/|B|:
 *
 * - `per-batch` (default): λ̃ = λ, so that the step follows J = Σℓ + λ/2 Σ‖W‖² and a weight shrinks by ηλ/|B|, with the
 *   actual rows of the batch, as `alpha` does in scikit-learn's MLP;
 * - `per-step`: λ̃ = λ|B|, so that a weight shrinks by ηλ whatever the batch, as `weight_decay` does in PyTorch's SGD and
 *   Adam. tfjs' `l2` adds l2·Σw² to the mean loss: λ = 2·l2 here.
 */
export type Decay = "per-batch" | "per-step";

export type Optimizer =
  | {
      readonly kind: "sgd";
      readonly schedule: Schedule;
      readonly weightDecay: number;
      readonly decay: Decay;
      readonly decayBiases: boolean;
      /** μ; 0 is plain gradient descent and keeps no state. */
      readonly momentum: number;
    }
  | {
      readonly kind: "adam" | "adamw";
      readonly schedule: Schedule;
      readonly weightDecay: number;
      readonly decay: Decay;
      readonly decayBiases: boolean;
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
    };

/** Options that every optimizer takes. */
export interface OptimizerOptions {
  /** η, or a schedule of it. */
  readonly learningRate: number | Schedule;
  /** λ of the penalty s = λ/2 Σ‖W‖²; 0 if left out. */
  readonly weightDecay?: number;
  /** Whether biases decay too; they do not if left out. */
  readonly decayBiases?: boolean;
}

export const decays: readonly string[] = ["per-batch", "per-step"] satisfies Decay[];

/** @throws ModelError unless `rate` is a number above 0 or a schedule */
const asSchedule = (where: string, rate: number | Schedule): Schedule => {
  if (typeof rate === "object") {
    if (isDescribed(rate) && rate?.learningRate) return rate;
    refuse(where, `learningRate ${show(rate)}`, "a number or a schedule", "give a number such as 0.1, or call cosine");
  }
  positive(where, "learningRate", rate);
  return described({ kind: "constant", learningRate: rate });
};

/** @throws ModelError unless `optimizer` is one, and no changed copy */
export function checkOptimizer(where: string, optimizer: Optimizer): void {
  if (isDescribed(optimizer) && optimizer?.schedule) return;
  refuse(where, show(optimizer), "an optimizer", "describe it with a call such as sgd({ learningRate: 0.1 })");
}

/**
 * Stochastic gradient descent: ω ← (1 − ηλ̃/|B|)ω − (η/|B|)Σ∂ℓ, and with momentum μ (PyTorch's form) v ← μv + g,
 * ω ← ω − ηv where g = (Σ∂ℓ + λ̃ω)/|B|.
 * @throws ModelError where a value is out of its range
 */
export const sgd = (options: OptimizerOptions & { readonly momentum?: number; readonly decay?: Decay }): Optimizer => {
  checkOptions("sgd", options, { learningRate: 1, weightDecay: 0, decay: 0, momentum: 0, decayBiases: 2 });
  const { learningRate, weightDecay = 0, decay = "per-batch", decayBiases = false, momentum = 0 } = options;
  const schedule = asSchedule("sgd", learningRate);
  notNegative("sgd", "weightDecay", weightDecay);
  fraction("sgd", "momentum", momentum);
  checkWord("sgd", "decay ", decay, decays);
  return described({ kind: "sgd", schedule, weightDecay, decay, decayBiases, momentum });
};

/** Options of Adam and AdamW. */
export interface AdamOptions extends OptimizerOptions {
  /** β₁, 0.9 if left out. */
  readonly beta1?: number;
  /** β₂, 0.999 if left out. */
  readonly beta2?: number;
  /** ε, added outside the root; 1e-8 if left out. */
  readonly epsilon?: number;
}

const adamLike = (kind: "adam" | "adamw", options: AdamOptions & { readonly decay?: Decay }): Optimizer => {
  const coupled = kind === "adam";
  const shape = {
    learningRate: 1,
    weightDecay: 0,
    beta1: 0,
    beta2: 0,
    epsilon: 0,
    decayBiases: 2,
  } satisfies Shape<AdamOptions>;
  if (coupled) checkOptions(kind, options, { ...shape, decay: 0 });
  else checkOptions<AdamOptions>(kind, options, shape);
  const { learningRate, weightDecay = 0, decayBiases = false, decay = coupled ? "per-batch" : "per-step" } = options;
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  const schedule = asSchedule(kind, learningRate);
  notNegative(kind, "weightDecay", weightDecay);
  fraction(kind, "beta1", beta1);
  fraction(kind, "beta2", beta2);
  positive(kind, "epsilon", epsilon);
  checkWord(kind, "decay ", decay, decays);
  return described({ kind, schedule, weightDecay, decay, decayBiases, beta1, beta2, epsilon });
};

/**
 * Adam (Kingma & Ba 2015, PyTorch's form): m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g²,
 * ω ← ω − η m̂/(√v̂ + ε) with m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ) and g = (Σ∂ℓ + λ̃ω)/|B|: the decay is coupled.
 * @throws ModelError where a value is out of its range
 */
export const adam = (options: AdamOptions & { readonly decay?: Decay }): Optimizer => adamLike("adam", options);

/**
 * AdamW (Loshchilov & Hutter 2019, PyTorch's form): ω ← (1 − ηλ)ω, then Adam with g = Σ∂ℓ/|B|. The decay is no gradient
 * of a penalty, so that s = 0 and J = L.
 * @throws ModelError where a value is out of its range
 */
export const adamw = (options: AdamOptions): Optimizer => adamLike("adamw", options);

/** What is done with a gradient: the formula of an update. */
export type Rule = "sgd" | "momentum" | "adam" | "adamw";

/** The rule of an optimizer. */
export const updateRule = (optimizer: Optimizer): Rule =>
  optimizer.kind === "sgd" && optimizer.momentum > 0 ? "momentum" : optimizer.kind;

/**
 * Numbers of state that each rule keeps beside an element of a parameter: none for plain SGD, the velocity v for momentum, the
 * moments (m, v) for Adam, which lie side by side so that a kernel binds one buffer for both.
 */
export const stateWidths: Readonly<Record<Rule, 0 | 1 | 2>> = { sgd: 0, momentum: 1, adam: 2, adamw: 2 };

/** Whether the decay of each shrinks the parameter itself, and is no part of the gradient. */
export const decoupled: Readonly<Record<Rule, boolean>> = { sgd: false, momentum: false, adam: false, adamw: true };

/** Whether the decay is the gradient of the penalty s: it is coupled, and λ > 0. */
export const hasPenalty = (optimizer: Optimizer): boolean =>
  optimizer.weightDecay > 0 && !decoupled[updateRule(optimizer)];

/** Numbers of state that an optimizer keeps beside each element of a parameter. */
export const stateWidth = (optimizer: Optimizer): 0 | 1 | 2 => stateWidths[updateRule(optimizer)];
