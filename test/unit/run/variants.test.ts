import { describe, expect, it } from "vitest";
import { RING_RECORDS } from "../../../src/kernels/control.ts";
import { dense, type Model, sequential } from "../../../src/model/layer.ts";
import { adam, adamw, type Optimizer, sgd } from "../../../src/model/optimizer.ts";
import { cosine, stepDecay } from "../../../src/model/schedule.ts";
import { resolveNetwork } from "../../../src/run/network.ts";
import { planTraining } from "../../../src/run/plan.ts";
import type { Variant } from "../../../src/run/types.ts";
import { checkVariants, planVariants } from "../../../src/run/variants.ts";
import { refusal } from "../../helpers/refusal.ts";

const plain = sgd({ learningRate: 0.1 });
const decaying = sgd({ learningRate: 0.1, weightDecay: 0.1 });
const cosineOf = (learningRate: number, steps: number) => cosine({ learningRate, steps });

/** A network small enough for one dispatch. */
const options = {
  model: sequential([dense(8, "relu"), dense(2)]),
  loss: "softmaxCrossEntropy",
  optimizer: plain,
  inputs: 2,
  rows: 100,
} as const;

const networkOf = (model: Model) => resolveNetwork(model, options.inputs, options.loss);

describe("checkVariants", () => {
  it.each<[string, readonly Optimizer[]]>([
    ["learning rate and weight decay", [decaying, sgd({ learningRate: 0.3, weightDecay: 1e-4 })]],
    ["momentum", [0.1, 0.9].map((momentum) => sgd({ learningRate: 0.1, momentum }))],
    [
      "every number of Adam",
      [adam({ learningRate: 1 }), adam({ learningRate: 0.1, beta1: 0, beta2: 0.9, epsilon: 1 })],
    ],
    ["every number of a schedule", [adamw({ learningRate: cosineOf(1, 5) }), adamw({ learningRate: cosineOf(2, 9) })]],
    [
      "a form of decay that nothing decays by",
      [plain, sgd({ learningRate: 0.1, decay: "per-step", decayBiases: true })],
    ],
  ])("takes variants that differ in %s", (_, optimizers) => {
    expect(checkVariants(optimizers.map((optimizer) => ({ optimizer })))[0].optimizer).toStrictEqual(optimizers[0]);
  });

  it.each<[string, Optimizer, Optimizer, string, string]>([
    [
      "kind",
      adam({ learningRate: 1 }),
      adamw({ learningRate: 1 }),
      "adamw, schedule constant, no decay",
      "adam, schedule constant, no decay",
    ],
    [
      "momentum",
      plain,
      sgd({ learningRate: 0.1, momentum: 0.9 }),
      "momentum, schedule constant, no decay",
      "sgd, schedule constant, no decay",
    ],
    [
      "schedule",
      sgd({ learningRate: cosineOf(1, 5) }),
      sgd({ learningRate: stepDecay({ learningRate: 1, every: 2, factor: 0.5 }) }),
      "sgd, schedule step, no decay",
      "sgd, schedule cosine, no decay",
    ],
    [
      "whether there is a decay",
      decaying,
      plain,
      "sgd, schedule constant, no decay",
      "sgd, schedule constant, decay per-batch",
    ],
    [
      "the form of decay",
      decaying,
      sgd({ learningRate: 0.1, weightDecay: 0.1, decay: "per-step" }),
      "sgd, schedule constant, decay per-step",
      "sgd, schedule constant, decay per-batch",
    ],
    [
      "whether biases decay",
      decaying,
      sgd({ learningRate: 0.1, weightDecay: 0.1, decayBiases: true }),
      "sgd, schedule constant, decay per-batch of biases too",
      "sgd, schedule constant, decay per-batch",
    ],
  ])("names the first variant that differs in %s", (_, first, other, got, expected) => {
    const variants = [first, first, other, other].map((optimizer, seed) => ({ optimizer, seed }));
    expect(refusal(() => checkVariants(variants))).toBe(
      `ModelError: sweep: variants[2]: got ${got}, expected ${expected}, as variants[0] has; let the variants differ in numbers alone, and make a sweep of its own for each kind of them.`,
    );
  });

  it("refuses no variants", () => {
    expect(refusal(() => checkVariants([]))).toBe(
      "ModelError: sweep: got no variants, expected a list of at least one; give the seed and optimizer of each network to train.",
    );
  });

  it.each<[string, unknown, string]>([
    [
      "what is no list",
      { optimizer: plain },
      "sweep: got variants a value of type Object, expected a list of at least one; ",
    ],
    [
      "an optimizer's name",
      [{ optimizer: "sgd" }],
      'sweep: variants[0]: optimizer: got "sgd", expected an optimizer; ',
    ],
    ["an optimizer alone", [plain], 'sweep: variants[0]: got option "kind", expected optimizer, seed; '],
  ])("refuses %s", (_, variants, message) => {
    expect(refusal(() => checkVariants(variants as readonly Variant[]))).toContain(`ModelError: ${message}`);
  });

  it.each([-1, 0.5, 2 ** 32, Number.NaN])("refuses seed %d", (seed) => {
    expect(refusal(() => checkVariants([{ optimizer: plain }, { optimizer: plain, seed }]))).toBe(
      `ModelError: sweep: variants[1]: got seed ${seed}, expected a whole number from 0 to 4294967295; set seed to a whole number from 0 to 4294967295.`,
    );
  });
});

describe("planVariants", () => {
  it("plans one dispatch of as many networks as there are variants", () => {
    const plan = planVariants(networkOf(options.model), options, 5);
    expect(plan.steps).toMatchObject([{ kernel: "wholeSteps", dims: { variants: 5 } }]);
    expect(plan.steps[0]?.variant).toEqual({ ...planTraining(options).steps[0]?.variant, records: RING_RECORDS });
  });

  it("refuses a network whose step takes several dispatches, and says what to do", () => {
    const model = sequential([dense(512, "relu"), dense(2)]);
    const { steps } = planTraining({ ...options, model });
    expect(refusal(() => planVariants(networkOf(model), options, 5))).toBe(
      `PlanError: sweep: got a network whose step takes ${steps.length} dispatches, expected one so small that its whole step becomes one dispatch; train the variants one after the other with createTrainer, or take a smaller network or batch.`,
    );
  });
});
