import { describe, expect, it } from "vitest";
import { boundOperands } from "../../../src/kernels/index.ts";
import { dense } from "../../../src/model/layer.ts";
import { adam, hasPenalty } from "../../../src/model/optimizer.ts";
import { checkPlan } from "../../../src/plan/check.ts";
import { formatPlan } from "../../../src/plan/format.ts";
import { fuse } from "../../../src/plan/passes/fuse.ts";
import { resolveTensor } from "../../../src/plan/resolve.ts";
import type { Plan, Step } from "../../../src/plan/types.ts";
import {
  biasOnly,
  decaying,
  frozen,
  fullyFrozen,
  type Network,
  networks,
  optimizers,
  planOf,
  rate,
  softmax,
  trained,
} from "../../helpers/networks.ts";
import { refusal } from "../../helpers/refusal.ts";

const isUpdateOf =
  (weights: string) =>
  (step: Step): boolean =>
    step.kernel === "layerUpdate" && step.bind.w === weights;

const allPlans = [...trained, ...fullyFrozen].flatMap((network) =>
  optimizers.map(([, optimizer]) => [network, planOf(network, optimizer, true)] as const),
);

describe("a fused plan", () => {
  it("prints a training step of two layers with penalty in six dispatches", () => {
    const network: Network = { name: "", layers: [dense(3, "tanh"), dense(2)], loss: softmax, dispatches: 6 };
    expect(formatPlan(planOf(network, decaying, true))).toMatchInlineSnapshot(`
      "phase     out                              = kernel(inputs)                               variant
      begin     ring [1024, 8], order [5]        = begin(scores, squares)                       record L, s of the step before; t ← t + 1, constant η, λ̃ = λ, rows π(seed, epoch)
      forward   h1 [5, 3]                        = layerForward(X, W1, b1, order)               tanh(x Wᵀ + b), rows by order, 1×3 outputs an invocation, 32 a workgroup
      loss      scores [5, 2], do [5, 2]         = outputLoss(h1, W2, Y, b2, order)             softmaxCrossEntropy(x Wᵀ + b, y), 2 outputs in registers
      backward  dz1 [5, 3]                       = layerBackward(do, W2, h1)                    (dz W) ⊙ tanh′, 1×3 outputs an invocation, 32 a workgroup
      update    W1 [3, 3], b1 [3], squares [64]  = layerUpdate(dz1, X, W1, b1, squares, order)  W by dzᵀ x, sgd: w ← (1 − ηλ/|B|)w − (η/|B|)Σ∂ℓ; b by Σ dz: w ← w − (η/|B|)Σ∂ℓ, 3×1 outputs an invocation, 32 a workgroup
      update    W2 [2, 3], b2 [2], squares [64]  = layerUpdate(do, h1, W2, b2, squares)         W by dzᵀ x, sgd: w ← (1 − ηλ/|B|)w − (η/|B|)Σ∂ℓ; b by Σ dz: w ← w − (η/|B|)Σ∂ℓ, 2×1 outputs an invocation, 32 a workgroup
      closing   ring [1024, 8]                   = begin(scores, squares)                       record L, s of the last step
      equal: dz2 = do
      6 dispatches, 644 floating-point operations a step of 5 rows
      33.0 KiB: control 96 B, data 388 B, parameter 80 B, activation 60 B, metric 32.3 KiB, delta 100 B"
    `);
  });

  it.each(networks)("takes at most 3 dispatches a layer, and one more where the output is wide: $name", (network) => {
    const { layers, dispatches } = network;
    const wide = (layers.at(-1)?.units ?? 0) > 32 ? 1 : 0;
    for (const [, optimizer] of optimizers) {
      const { steps } = planOf(network, optimizer, true);
      expect(steps).toHaveLength(dispatches);
      expect(steps.length).toBeLessThanOrEqual(3 * layers.length + wide);
    }
  });

  it.each([...biasOnly, ...fullyFrozen])("takes few dispatches where weights are frozen: $name", (network) => {
    for (const [, optimizer] of optimizers) {
      if (hasPenalty(optimizer) && optimizer.decayBiases) continue;
      expect(planOf(network, optimizer, true).steps).toHaveLength(network.dispatches);
    }
  });

  it("closes a submit with one dispatch", () => {
    for (const [, { closing }] of allPlans) expect(closing.map(({ kernel }) => kernel)).toEqual(["begin"]);
  });

  it("binds at most 8 storage buffers a kernel, which every WebGPU device allows", () => {
    const most = allPlans.flatMap(([, { steps, closing }]) =>
      [...steps, ...closing].map((step) => boundOperands(step).filter(({ access }) => access !== "uniform").length),
    );
    // Adam's update with bias and penalty out of gathered rows, and an output with bias on gathered rows.
    expect(Math.max(...most)).toBe(8);
  });

  it("passes the check of every plan: no kernel reads a parameter that the step has updated", () => {
    for (const [, plan] of allPlans) expect(() => checkPlan(plan)).not.toThrow();
  });

  it("is refused where weights are updated before the delta below has passed through them", () => {
    const plan = planOf(
      { name: "", layers: [dense(3, "tanh"), dense(2)], loss: softmax, dispatches: 6 },
      decaying,
      true,
    );
    const update = plan.steps.find(isUpdateOf("W2"));
    const down = plan.steps.findIndex(({ kernel }) => kernel === "layerBackward");
    if (update === undefined || down < 0) throw new Error("no such step");
    const others = plan.steps.filter((step) => step !== update);
    const steps = [...others.slice(0, down), update, ...others.slice(down)];
    expect(refusal(() => checkPlan({ ...plan, steps }))).toBe(
      `PlanError: train plan: step ${down + 2} (layerBackward): got w = W2, which this step has updated already, expected parameters from before the step; mend the pass that wrote this plan.`,
    );
  });

  it("is refused where it updates weights twice, or out of a delta that no step has written", () => {
    const plan = planOf(
      { name: "", layers: [dense(3, "tanh"), dense(2)], loss: softmax, dispatches: 6 },
      decaying,
      true,
    );
    const again = [...plan.steps, ...plan.steps.filter(isUpdateOf("W1"))];
    expect(refusal(() => checkPlan({ ...plan, steps: again }))).toMatch(
      /^PlanError: train plan: step 7 \(layerUpdate\): got w = W1, which this step has updated already,/,
    );
    const without = plan.steps.filter(({ kernel }) => kernel !== "layerBackward");
    expect(refusal(() => checkPlan({ ...plan, steps: without }))).toMatch(
      /^PlanError: train plan: step 4 \(layerUpdate\): got dz = dz1, which no step has written,/,
    );
  });

  it("is what JSON makes of it", () => {
    for (const [, plan] of allPlans) expect(JSON.parse(JSON.stringify(plan))).toStrictEqual(plan);
  });

  it("leaves the textbook plan that it is made of as it was", () => {
    const textbook = planOf(networks[1] as Network, decaying, false);
    const before = structuredClone(textbook);
    fuse(textbook);
    expect(textbook).toStrictEqual(before);
  });

  it("runs its phases in order, and holds no tensor that nothing touches but parameters", () => {
    const order = ["begin", "forward", "loss", "backward", "update"];
    for (const [, { steps, closing, tensors }] of allPlans) {
      const places = steps.map(({ phase }) => order.indexOf(phase));
      expect(places).toEqual([...places].sort((a, b) => a - b));
      const touched = new Set(
        [...steps, ...closing].flatMap((step) => boundOperands(step).map(({ tensor }) => tensor)),
      );
      const idle = Object.entries(tensors).filter(([name, { role }]) => role !== "parameter" && !touched.has(name));
      expect(idle).toEqual([]);
    }
  });
});

describe("removed", () => {
  const names = ({ tensors, aliases }: Plan) => new Set([...Object.keys(tensors), ...Object.keys(aliases)]);

  it("names every tensor and alias of the textbook plan that is gone, and the pass", () => {
    for (const network of [...trained, ...fullyFrozen]) {
      for (const [, optimizer] of optimizers) {
        const [textbook, fused] = [planOf(network, optimizer, false), planOf(network, optimizer, true)];
        const gone = [...names(textbook)].filter((name) => !names(fused).has(name));
        expect(fused.removed).toEqual(Object.fromEntries(gone.map((name) => [name, "fuse"])));
        expect([...names(fused)].filter((name) => !names(textbook).has(name))).toEqual([]);
        for (const alias of Object.keys(fused.aliases)) expect(names(fused)).toContain(fused.aliases[alias]);
      }
    }
  });

  it("keeps parameters, frozen ones too, optimizer state, data and metrics", () => {
    const plan = planOf(
      { name: "", layers: [dense(3, "tanh", frozen), dense(2)], loss: softmax, dispatches: 5 },
      adam({ learningRate: rate, weightDecay: 1 }),
      true,
    );
    expect(Object.keys(plan.tensors)).toEqual([
      "control",
      "X",
      "Y",
      "order",
      "W1",
      "b1",
      "h1",
      "W2",
      "b2",
      "scores",
      "do",
      "squares",
      "ring",
      "state_W2",
      "state_b2",
    ]);
    expect(plan.aliases).toEqual({ dz2: "do" });
    expect(Object.keys(plan.removed)).toEqual(["x", "y", "z1", "o", "gW2", "dW2", "gb2", "h2", "z2", "db2"]);
  });

  it("is what resolveTensor says of a tensor that is gone, with the remedy", () => {
    const plan = planOf(
      { name: "", layers: [dense(3, "tanh"), dense(2)], loss: softmax, dispatches: 6 },
      decaying,
      true,
    );
    const there = [...Object.keys(plan.tensors), ...Object.keys(plan.aliases)].join(", ");
    for (const name of ["gW1", "db1", "z2", "x"]) {
      expect(refusal(() => resolveTensor(plan, name))).toBe(
        `PlanError: train plan: got tensor "${name}", which the pass fuse removed, expected one of ${there}; make the trainer with { fuse: false } to keep it in memory.`,
      );
    }
    expect(refusal(() => resolveTensor(plan, "W9"))).toBe(
      `PlanError: train plan: got tensor "W9", expected one of ${there}; ask for a tensor of this plan.`,
    );
    for (const name of ["toString", "__proto__"]) {
      expect(refusal(() => resolveTensor(plan, name))).toMatch(/; ask for a tensor of this plan\.$/);
    }
  });

  it("is empty in the textbook plan, which needs nothing to close a submit", () => {
    for (const network of trained) {
      expect(planOf(network, decaying, false)).toMatchObject({ removed: {}, closing: [] });
    }
  });
});
