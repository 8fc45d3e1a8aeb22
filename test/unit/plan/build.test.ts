import { describe, expect, it } from "vitest";
import { flopsOf } from "../../../src/kernels/index.ts";
import { type Dense, dense, resolveLayers, sequential } from "../../../src/model/layer.ts";
import { adam, adamw, type Optimizer, sgd } from "../../../src/model/optimizer.ts";
import { buildEvaluatePlan, buildPredictPlan, buildTrainPlan } from "../../../src/plan/build.ts";
import { checkPlan } from "../../../src/plan/check.ts";
import type { Plan } from "../../../src/plan/types.ts";

const plain = sgd({ learningRate: 0.1 });
const decaying = sgd({ learningRate: 0.1, weightDecay: 0.3 });

const train = (layers: readonly Dense[], optimizer: Optimizer = plain): Plan =>
  buildTrainPlan({
    layers: resolveLayers(sequential(layers), 4, "halfSquaredError"),
    loss: "halfSquaredError",
    batch: 8,
    optimizer,
    dataRows: 20,
    shuffle: true,
  });

/** What each step of a phase writes: `gW2`, `gb2`, … */
const written = (plan: Plan, phase: string): string[] =>
  plan.steps
    .filter((step) => step.phase === phase)
    .map((step) => {
      if (step.kernel === "matmul") return step.bind.c ?? "";
      if (step.kernel === "sumRows") return step.bind.db ?? "";
      if (step.kernel === "gradientMultiply") return step.bind.dz ?? "";
      if (step.kernel === "decayGradient") return step.bind.d ?? "";
      if (step.kernel === "weightUpdate") return step.bind.parameter ?? "";
      return step.kernel;
    });

const kernelsOf = (plan: Plan) => plan.steps.map(({ kernel }) => kernel);

describe("every plan", () => {
  const layers = [dense(3, "tanh"), dense(5, "relu", { bias: false }), dense(2)];
  const spec = { layers: resolveLayers(sequential(layers), 4, "softmaxCrossEntropy"), batch: 8 } as const;
  const plans = [
    train(layers, decaying),
    train(layers, sgd({ learningRate: 0.1, momentum: 0.9 })),
    train(layers, adam({ learningRate: 0.1, weightDecay: 1 })),
    train(layers, adamw({ learningRate: 0.1, weightDecay: 1 })),
    buildEvaluatePlan({ ...spec, loss: "softmaxCrossEntropy" }),
    buildPredictPlan({ ...spec, loss: "softmaxCrossEntropy" }),
  ];

  it("is what JSON makes of it", () => {
    for (const plan of plans) expect(JSON.parse(JSON.stringify(plan))).toStrictEqual(plan);
  });

  it("passes its own check", () => {
    for (const plan of plans) expect(() => checkPlan(plan)).not.toThrow();
  });

  it("names existing tensors in its aliases", () => {
    for (const { aliases, tensors } of plans) {
      for (const [alias, name] of Object.entries(aliases)) {
        expect(tensors).toHaveProperty([name]);
        expect(tensors).not.toHaveProperty([alias]);
      }
    }
  });

  it("runs its phases in order", () => {
    const order = ["begin", "forward", "loss", "backward", "update"];
    for (const { steps } of plans) {
      const places = steps.map(({ phase }) => order.indexOf(phase));
      expect(places).toEqual([...places].sort((a, b) => a - b));
    }
  });
});

describe("the textbook plan", () => {
  it("takes 2 n a m operations for each of the three products of a layer", () => {
    const products = train([dense(3)])
      .steps.filter(({ kernel }) => kernel === "matmul")
      .map(flopsOf);
    // Z = X Wᵀ + b with one addition of b for each of 8 × 3, and gW = dZᵀX; a first layer has no dH.
    expect(products).toEqual([2 * 8 * 4 * 3 + 8 * 3, 2 * 3 * 8 * 4]);
  });

  it("makes 4 dispatches to begin, and 2 a layer forward, 4 backward, 2 to update", () => {
    const layer = () => dense(3, "tanh");
    const counts = [1, 2, 3].map((depth) => train(Array.from({ length: depth }, layer)).steps.length);
    // The loss and its record make 2, and the first layer needs no ∂J/∂x.
    expect(counts).toEqual([4 + 2 + 8 - 1, 4 + 2 + 16 - 1, 4 + 2 + 24 - 1]);
  });

  it("keeps z and h apart for all activations but the identity, whose z is another name of h", () => {
    const { tensors, aliases } = train([dense(3), dense(3, "tanh"), dense(2)]);
    expect(Object.keys(tensors)).toEqual(expect.arrayContaining(["h1", "z2", "h2", "o"]));
    expect(aliases).toEqual({
      z1: "h1",
      h3: "o",
      z3: "o",
      dz3: "do",
      dW3: "gW3",
      db3: "gb3",
      db2: "gb2",
      dW2: "gW2",
      dz1: "dh1",
      dW1: "gW1",
      db1: "gb1",
    });
  });

  it("keeps state as the optimizer needs it, for each trained parameter", () => {
    const states = (optimizer: Optimizer) =>
      Object.entries(train([dense(2)], optimizer).tensors).flatMap(([name, { role, shape }]) =>
        role === "state" ? [`${name} [${shape.join(", ")}]`] : [],
      );
    expect(states(plain)).toEqual([]);
    expect(states(sgd({ learningRate: 1, momentum: 0.9 }))).toEqual(["state_W1 [2, 4]", "state_b1 [2]"]);
    // m and v side by side.
    const moments = ["state_W1 [2, 4, 2]", "state_b1 [2, 2]"];
    expect(states(adam({ learningRate: 1 }))).toEqual(moments);
    expect(states(adamw({ learningRate: 1 }))).toEqual(moments);
  });
});

describe("λ", () => {
  const layers = [dense(3, "tanh"), dense(2)];
  const decays = (plan: Plan) =>
    plan.steps.flatMap((step) =>
      step.kernel === "weightUpdate" && step.variant.decay !== false ? [step.bind.parameter] : [],
    );

  it("of 0 makes no penalty, no decayGradient, and no decaying update", () => {
    for (const plan of [
      train(layers),
      train(layers, adam({ learningRate: 1 })),
      train(layers, adamw({ learningRate: 1 })),
    ]) {
      expect(kernelsOf(plan)).not.toContain("penalty");
      expect(kernelsOf(plan)).not.toContain("decayGradient");
      expect(plan.tensors).not.toHaveProperty("squares");
      expect(decays(plan)).toEqual([]);
    }
  });

  it("above 0 makes one penalty, decayGradient and decaying update for each W, and none for b", () => {
    const plan = train(layers, decaying);
    const penalties = plan.steps.flatMap((step) => (step.kernel === "penalty" ? [step.bind.w] : []));
    expect(penalties).toEqual(["W1", "W2"]);
    expect(written(plan, "backward").filter((name) => name.startsWith("d"))).toEqual(["dW2", "dh1", "dz1", "dW1"]);
    expect(decays(plan)).toEqual(["W1", "W2"]);
    expect(plan.aliases).toMatchObject({ db1: "gb1", db2: "gb2" });
  });

  it("takes biases along with decayBiases", () => {
    const plan = train(layers, sgd({ learningRate: 0.1, weightDecay: 0.3, decayBiases: true }));
    const penalties = plan.steps.flatMap((step) => (step.kernel === "penalty" ? [step.bind.w] : []));
    expect(penalties).toEqual(["W1", "b1", "W2", "b2"]);
    expect(Object.keys(plan.tensors)).toEqual(expect.arrayContaining(["dW1", "db1", "dW2", "db2"]));
    expect(decays(plan)).toEqual(["W1", "b1", "W2", "b2"]);
  });

  it("puts the parts of every ‖W‖² side by side", () => {
    // 4 × 2048 and 2048 × 3 numbers are summed in parts of 4096: 2 of them, then 2 more.
    const plan = train([dense(2048, "tanh"), dense(3)], decaying);
    const offsets = plan.steps.flatMap((step) => (step.kernel === "penalty" ? [step.dims.offset] : []));
    expect(offsets).toEqual([0, 2]);
    expect(plan.tensors.squares?.shape).toEqual([4]);
  });

  it("shrinks the weights of AdamW apart from any penalty", () => {
    const plan = train(layers, adamw({ learningRate: 0.1, weightDecay: 0.3 }));
    expect(kernelsOf(plan)).not.toContain("penalty");
    expect(kernelsOf(plan)).not.toContain("decayGradient");
    expect(decays(plan)).toEqual(["W1", "W2"]);
  });

  it("shrinks no frozen weights, and does not count them in s", () => {
    const plan = train([dense(3, "tanh", { trainable: false }), dense(2)], decaying);
    const penalties = plan.steps.flatMap((step) => (step.kernel === "penalty" ? [step.bind.w] : []));
    expect(penalties).toEqual(["W2"]);
    expect(decays(plan)).toEqual(["W2"]);
  });
});

describe("frozen layers", () => {
  const frozen = (activation: "tanh" | "identity" = "tanh") => dense(3, activation, { trainable: false });

  it("have no gradient and no update, and below the lowest trained layer nothing runs backward", () => {
    const plan = train([frozen(), dense(3, "tanh"), frozen(), dense(2)]);
    expect(written(plan, "backward")).toEqual(["gW4", "gb4", "dh3", "dz3", "dh2", "dz2", "gW2", "gb2"]);
    expect(written(plan, "update")).toEqual(["W2", "b2", "W4", "b4"]);
    expect(() => checkPlan(plan)).not.toThrow();
  });

  it("leave a plan without backward and update where all are frozen", () => {
    const plan = train([frozen(), dense(2, "identity", { trainable: false })]);
    expect(plan.steps.map(({ phase }) => phase)).not.toContain("backward");
    expect(plan.steps.map(({ phase }) => phase)).not.toContain("update");
    expect(() => checkPlan(plan)).not.toThrow();
  });

  it("may keep their weights and train their bias, or the other way round", () => {
    const bias = train([dense(3, "tanh", { trainable: { weights: false, bias: true } }), frozen()]);
    expect(written(bias, "backward")).toEqual(["dz2", "dh1", "dz1", "gb1"]);
    expect(written(bias, "update")).toEqual(["b1"]);
    const weights = train([dense(3, "tanh", { trainable: { weights: true, bias: false } }), frozen()]);
    expect(written(weights, "backward")).toEqual(["dz2", "dh1", "dz1", "gW1"]);
    expect(written(weights, "update")).toEqual(["W1"]);
  });

  it("count as frozen where only a bias is trained that they do not have", () => {
    const none = dense(3, "tanh", { bias: false, trainable: { weights: false, bias: true } });
    const plan = train([none, dense(2)]);
    expect(written(plan, "backward")).toEqual(["gW2", "gb2"]);
    expect(written(plan, "update")).toEqual(["W2", "b2"]);
  });
});

describe("a layer without bias", () => {
  it("has no b, no gb and no addition", () => {
    const plan = train([dense(3, "tanh", { bias: false }), dense(2)]);
    expect(Object.keys(plan.tensors).filter((name) => /^(g|d)?b1$|^z1$/.test(name))).toEqual(["z1"]);
    expect(written(plan, "update")).toEqual(["W1", "W2", "b2"]);
    const biases = plan.steps.flatMap((step) =>
      step.phase === "forward" && step.kernel === "matmul" ? [[step.variant.bias, step.bind.bias]] : [],
    );
    expect(biases).toEqual([
      [false, undefined],
      [true, "b2"],
    ]);
  });
});
