import { describe, expect, it } from "vitest";
import { anyHardware } from "../../../src/kernels/tile.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import { adam, sgd } from "../../../src/model/optimizer.ts";
import { checkPlan } from "../../../src/plan/check.ts";
import { formatPlan } from "../../../src/plan/format.ts";
import { bytesByRole, elementsOf } from "../../../src/plan/memory.ts";
import { oneDispatch } from "../../../src/plan/passes/one-dispatch.ts";
import { resolveTensor } from "../../../src/plan/resolve.ts";
import type { Plan } from "../../../src/plan/types.ts";
import { type PlanOptions, planTraining } from "../../../src/run/plan.ts";
import { refusal } from "../../helpers/refusal.ts";

const options: PlanOptions = {
  model: sequential([dense(8, "tanh"), dense(2)]),
  loss: "softmaxCrossEntropy",
  optimizer: sgd({ learningRate: 0.1, weightDecay: 0.01 }),
  inputs: 2,
  rows: 100,
};

/** Too large for registers. */
const larger = sequential([dense(40, "tanh"), dense(2)]);

const fusedOf = (changes: Partial<PlanOptions> = {}) => planTraining({ ...options, ...changes, oneDispatch: false });

const whole = (plan: Plan) => {
  const [step] = plan.steps;
  if (step?.kernel !== "wholeSteps") throw new Error("the plan has no kernel of whole steps");
  return step;
};

describe("a plan of whole steps in one dispatch", () => {
  it("prints the steps that its kernel runs in a loop", () => {
    expect(formatPlan(planTraining(options))).toMatchInlineSnapshot(`
      "phase    out                              = kernel(inputs)                                variant
      update   ring [2048, 8], resident [42]    = wholeSteps(ring, resident, X, Y)              whole steps in one dispatch: parameters in registers, gradients summed over rows in 32 parts
        inner  ring [2048, 8], order [32]       = begin(ring, scores, order, squares)           record L, s of the step before; t ← t + 1, constant η, λ̃ = λ, rows π(seed, epoch)
        inner  h1 [32, 8]                       = layerForward(X, W1, h1, b1, order)            tanh(x Wᵀ + b), rows by order, 1×4 outputs an invocation, 32 a workgroup
        inner  scores [32, 2], do [32, 2]       = outputLoss(h1, W2, Y, scores, b2, order, do)  softmaxCrossEntropy(x Wᵀ + b, y), 2 outputs in registers
        inner  dz1 [32, 8]                      = layerBackward(do, W2, h1, dz1)                (dz W) ⊙ tanh′, 1×4 outputs an invocation, 32 a workgroup
        inner  W1 [8, 2], b1 [8], squares [64]  = layerUpdate(dz1, X, W1, b1, squares, order)   W by dzᵀ x, sgd: w ← (1 − ηλ/|B|)w − (η/|B|)Σ∂ℓ; b by Σ dz: w ← w − (η/|B|)Σ∂ℓ, 1×2 outputs an invocation, 32 a workgroup
        inner  W2 [2, 8], b2 [2], squares [64]  = layerUpdate(do, h1, W2, b2, squares)          W by dzᵀ x, sgd: w ← (1 − ηλ/|B|)w − (η/|B|)Σ∂ℓ; b by Σ dz: w ← w − (η/|B|)Σ∂ℓ, 2×1 outputs an invocation, 32 a workgroup
      1 dispatch, 7,264 floating-point operations a step of 32 rows
      65.6 KiB: scratch 168 B, control 96 B, data 1.2 KiB, parameter 168 B, metric 64.0 KiB"
    `);
  });

  it.each([
    ["sgd", options.optimizer],
    ["adam", adam({ learningRate: 0.1 })],
  ])("gives each tensor of %s a place of its own in workgroup memory, parameters and state first", (_, optimizer) => {
    const plan = planTraining({ ...options, model: larger, optimizer });
    const { layout, words, resident, registers } = whole(plan).variant;
    expect(registers).toBe(false);
    const places = Object.entries(layout)
      .map(([name, first]) => ({ name, first, last: first + (name === "squares" ? 64 : size(plan, name)) }))
      .sort((a, b) => a.first - b.first);
    expect(places[0]?.first).toBe(0);
    for (const [index, place] of places.entries()) expect(place.last).toBe(places[index + 1]?.first ?? words);
    for (const { name, last } of places) {
      const role = plan.tensors[name]?.role;
      expect([name, last <= resident]).toEqual([name, role === "parameter" || role === "state"]);
    }
    expect(plan.resident).toEqual(
      Object.fromEntries(places.filter(({ last }) => last <= resident).map(({ name, first }) => [name, first])),
    );
  });

  it("fits into the workgroup memory that it is told of, and gives way where it does not", () => {
    const fused = fusedOf({ model: larger });
    // The words of `memory`, the order of the batch's rows, the control block and a flag.
    const needed = 4 * (whole(oneDispatch(fused)).variant.words + 32 + 24 + 4);
    expect(oneDispatch(fused, anyHardware, needed).steps).toHaveLength(1);
    expect(oneDispatch(fused, anyHardware, needed - 1)).toBe(fused);
  });

  it("keeps the parameters in registers where all invocations' sums fit into the workgroup memory", () => {
    const fused = fusedOf();
    const { layout, words, resident, registers, group } = whole(oneDispatch(fused)).variant;
    expect([registers, group]).toEqual([true, 32]);
    // Sums of 42 gradients, L and hits: one of each invocation, and one of all.
    expect(words).toBe((42 + 2) * (32 + 1));
    expect([Object.keys(layout), resident]).toEqual([["W1", "b1", "W2", "b2"], 42]);
    expect(whole(oneDispatch(fused, anyHardware, 4 * words - 1)).variant.registers).toBe(false);
    expect(whole(oneDispatch(fused, { lanes: 4, subgroups: true })).variant).toMatchObject({ group: 4 });
  });

  it.each([
    ["a step too large for one workgroup", fusedOf({ model: sequential([dense(64, "relu"), dense(10)]), inputs: 64 })],
    ["a wide output", fusedOf({ model: sequential([dense(33)]) })],
    ["the textbook plan", planTraining({ ...options, fuse: false })],
    [
      "a frozen layer's bias",
      fusedOf({ model: sequential([dense(2, "tanh", { trainable: { weights: false, bias: true } }), dense(2)]) }),
    ],
  ])("leaves %s as it is", (_, plan) => {
    expect(oneDispatch(plan, anyHardware, 2 ** 20)).toBe(plan);
  });

  it("is a sound plan, and JSON only", () => {
    const plan = planTraining(options);
    checkPlan(plan);
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });

  it("counts no bytes for what has no buffer", () => {
    const bytes = bytesByRole(planTraining(options));
    expect(bytes.activation).toBeUndefined();
    expect(bytes.delta).toBeUndefined();
    expect(bytes.parameter).toBe(4 * (16 + 8 + 16 + 2));
  });

  it("says how to read a tensor that it keeps in workgroup memory", () => {
    const plan = planTraining(options);
    for (const name of ["h1", "dz1", "do", "dz2", "scores", "order"]) {
      expect(refusal(() => resolveTensor(plan, name))).toMatch(
        new RegExp(
          `^PlanError: train plan: got tensor "${name}", which the pass oneDispatch removed, .*make the trainer with { oneDispatch: false }`,
        ),
      );
    }
  });
});

const size = (plan: Plan, name: string): number => elementsOf(plan.tensors[name]?.shape ?? []);
