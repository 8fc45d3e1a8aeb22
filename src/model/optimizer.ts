import { checkOptions, checkWord, ofKind, refuse, type Shape, show } from "./options.ts";
import { checkSchedule, fraction, notNegative, positive, type Schedule } from "./schedule.ts";

/**
 * How the penalty s enters a step over |B| rows. With g = (Σ∂ℓ + λ̃ω)/|B|:
 *
 * - `per-batch` (default): λ̃ = λ, so that the step follows J = Σℓ + λ/2 Σ‖W‖² and a weight shrinks by ηλ/|B|, with the
 *   actual rows of the batch, as `alpha` does in scikit-learn's MLP. It is 1/|B| of what PyTorch does with the same λ;
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
  /** λ of the penalty s = λ/2 Σ‖W‖²; 0 if left out. With PyTorch's λ, sgd and adam need `decay: "per-step"` too. */
  readonly weightDecay?: number;
  /** Whether biases decay too; they do not if left out. */
  readonly decayBiases?: boolean;
}

/** Options of SGD. */
export interface SgdOptions extends OptimizerOptions {
  /** How the penalty enters a step; `"per-batch"` if left out. */
  readonly decay?: Decay;
  /** μ, 0 if left out. */
  readonly momentum?: number;
}

/** Options of Adam and AdamW. */
export interface AdamOptions extends OptimizerOptions {
  /** β₁, 0.9 if left out. */
  readonly beta1?: number;
  /** β₂, 0.999 if left out. */
  readonly beta2?: number;
  /** ε, added outside the root; 1e-8 if left out. */
  readonly epsilon?: number;
}

/** Options of Adam, whose decay is coupled. */
export interface CoupledAdamOptions extends AdamOptions {
  /** How the penalty enters a step; `"per-batch"` if left out. */
  readonly decay?: Decay;
}

export const decays: readonly string[] = ["per-batch", "per-step"] satisfies Decay[];

const common = { learningRate: 1, weightDecay: 0, decayBiases: 2 } as const;
const moments = { ...common, beta1: 0, beta2: 0, epsilon: 0 } as const;

/** How the call of each kind takes its options. */
const shapes: {
  readonly sgd: Shape<SgdOptions>;
  readonly adam: Shape<CoupledAdamOptions>;
  readonly adamw: Shape<AdamOptions>;
} = {
  sgd: { ...common, decay: 0, momentum: 0 },
  adam: { ...moments, decay: 0 },
  adamw: moments,
};

function make(where: string, kind: Optimizer["kind"], options: SgdOptions & CoupledAdamOptions): Optimizer {
  const given: SgdOptions & CoupledAdamOptions = checkOptions(where, options, shapes[kind] as Shape<AdamOptions>);
  const decay = kind === "adamw" ? "per-step" : "per-batch";
  const own = kind === "sgd" ? { momentum: 0 } : { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
  const { learningRate, ...numbers } = { weightDecay: 0, decay, decayBiases: false, ...own, ...given };
  const schedule = checkSchedule(where, learningRate);
  notNegative(where, "weightDecay", numbers.weightDecay);
  checkWord(where, "decay ", numbers.decay, decays);
  for (const name of ["momentum", "beta1", "beta2"] as const) {
    if (name in numbers) fraction(where, name, numbers[name] as number);
  }
  if ("epsilon" in numbers) positive(where, "epsilon", numbers.epsilon as number);
  return Object.freeze({ kind, schedule, ...numbers }) as Optimizer;
}

/** An optimizer out of plain data, checked as those that calls make. @throws ModelError unless it is one */
export function checkOptimizer(where: string, optimizer: Optimizer): Optimizer {
  // A description holds a schedule where a call takes a learning rate.
  const copy = ofKind(optimizer, ["sgd", "adam", "adamw"]);
  if (copy && !("learningRate" in copy)) {
    const { kind, schedule, decay, ...options } = copy;
    // What no call of adamw may say, its description does.
    const said = kind === "adamw" && decay === "per-step" ? options : { ...options, decay };
    return make(where, kind, { ...said, learningRate: schedule });
  }
  refuse(where, show(optimizer), "an optimizer", "describe it with a call such as sgd({ learningRate: 0.1 })");
}

/**
 * Stochastic gradient descent: ω ← (1 − ηλ̃/|B|)ω − (η/|B|)Σ∂ℓ, and with momentum μ (PyTorch's form) v ← μv + g,
 * ω ← ω − ηv where g = (Σ∂ℓ + λ̃ω)/|B|.
 * @throws ModelError where a value is out of its range
 */
export const sgd = (options: SgdOptions): Optimizer => make("sgd", "sgd", options);

/**
 * Adam (Kingma & Ba 2015, PyTorch's form): m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g²,
 * ω ← ω − η m̂/(√v̂ + ε) with m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ) and g = (Σ∂ℓ + λ̃ω)/|B|: the decay is coupled.
 * @throws ModelError where a value is out of its range
 */
export const adam = (options: CoupledAdamOptions): Optimizer => make("adam", "adam", options);

/**
 * AdamW (Loshchilov & Hutter 2019, PyTorch's form): ω ← (1 − ηλ)ω, then Adam with g = Σ∂ℓ/|B|. The decay is no gradient
 * of a penalty, so that s = 0 and J = L.
 * @throws ModelError where a value is out of its range
 */
export const adamw = (options: AdamOptions): Optimizer => make("adamw", "adamw", options);

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
