import { describe, expect, it } from "vitest";
import { sourceOf } from "../../../shaders/index.ts";
import { boundOperands } from "../../../src/kernels/index.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import { adam, type Optimizer } from "../../../src/model/optimizer.ts";
import { checkPlan } from "../../../src/plan/check.ts";
import { formatPlan } from "../../../src/plan/format.ts";
import { bytesByRole, bytesOf, isHalf } from "../../../src/plan/memory.ts";
import type { Plan, Step } from "../../../src/plan/types.ts";
import { type PlanOptions, planTraining } from "../../../src/run/plan.ts";
import {
  BATCH,
  decaying,
  fullyFrozen,
  INPUTS,
  type Network,
  optimizers,
  ROWS,
  trained,
} from "../../helpers/networks.ts";
import { refusal } from "../../helpers/refusal.ts";

const optionsOf = ({ layers, loss }: Network, rest: Partial<PlanOptions> = {}): PlanOptions => ({
  model: sequential(layers),
  loss,
  optimizer: decaying,
  inputs: INPUTS,
  rows: ROWS,
  batch: BATCH,
  precision: "f16",
  ...rest,
});

const small = optionsOf({ name: "", layers: [dense(3, "tanh"), dense(2)], loss: "softmaxCrossEntropy", dispatches: 6 });

const allSteps = ({ opening = [], steps, closing }: Plan): Step[] => [...opening, ...steps, ...closing];

/** A plan of every network and optimizer, batches so long that sums are split too. */
const plans = [...trained, ...fullyFrozen].flatMap((network) =>
  optimizers.map(([, optimizer]) => planTraining(optionsOf(network, { optimizer }))),
);
const split = planTraining({ ...small, rows: 4096, batch: 4096 });

describe("a plan of f16", () => {
  it("prints what opens a submit, which tensors are f16, and how deltas are scaled", () => {
    expect(formatPlan(planTraining(small))).toMatchInlineSnapshot(`
      "phase     out                                                  = kernel(inputs)                                        variant
      opening   half_W1 [3, 3] f16                                   = halve(W1)                                             rounded to f16
      opening   half_W2 [2, 3] f16                                   = halve(W2)                                             rounded to f16
      begin     ring [1024, 8], order [5]                            = begin(scores, squares)                                record L, s of the step before; t ← t + 1, constant η, λ̃ = λ, rows π(seed, epoch)
      forward   h1 [5, 3] f16                                        = layerForward(X, half_W1, b1, order)                   tanh(x Wᵀ + b), rows by order, 1×3 outputs an invocation, 32 a workgroup
      loss      scores [5, 2], do [5, 2] f16                         = outputLoss(h1, half_W2, Y, b2, order)                 softmaxCrossEntropy(x Wᵀ + b, y), 2 outputs in registers
      backward  dz1 [5, 3] f16                                       = layerBackward(do, half_W2, h1)                        (dz W) ⊙ tanh′, 1×3 outputs an invocation, 32 a workgroup
      update    W1 [3, 3], b1 [3], squares [64], half_W1 [3, 3] f16  = layerUpdate(dz1, X, W1, b1, squares, order, half_W1)  W by dzᵀ x, sgd: w ← (1 − ηλ/|B|)w − (η/|B|)Σ∂ℓ; b by Σ dz: w ← w − (η/|B|)Σ∂ℓ, 3×1 outputs an invocation, 32 a workgroup
      update    W2 [2, 3], b2 [2], squares [64], half_W2 [2, 3] f16  = layerUpdate(do, h1, W2, b2, squares, half_W2)         W by dzᵀ x, sgd: w ← (1 − ηλ/|B|)w − (η/|B|)Σ∂ℓ; b by Σ dz: w ← w − (η/|B|)Σ∂ℓ, 2×1 outputs an invocation, 32 a workgroup
      closing   ring [1024, 8]                                       = begin(scores, squares)                                record L, s of the last step
      equal: dz2 = do
      f16 deltas are S times as large; a step in which one is out of range is skipped, and S halved
      6 dispatches, 644 floating-point operations a step of 5 rows
      33.0 KiB: control 96 B, data 388 B, parameter 80 B, activation 32 B, metric 32.3 KiB, delta 52 B, scratch 32 B"
    `);
  });

  it("passes the checks of every plan", () => {
    for (const plan of [...plans, split]) expect(() => checkPlan(plan)).not.toThrow();
  });

  it("stores all activations but the output, all deltas, and a copy of each weight matrix", () => {
    for (const plan of [...plans, split]) {
      for (const [name, { role, dtype }] of Object.entries(plan.tensors)) {
        const half = role === "delta" || role === "scratch" || (role === "activation" && name !== "o");
        expect([name, dtype === "f16"]).toEqual([name, half]);
      }
      const copies = Object.keys(plan.tensors).filter((name) => name.startsWith("half_"));
      const made = [...(plan.opening ?? []), ...plan.steps].filter(({ kernel }) => kernel === "halve");
      expect(made.map(({ bind }) => JSON.stringify(bind)).sort()).toEqual(
        copies.map((copy) => JSON.stringify({ parameter: copy.replace("half_", ""), copy })).sort(),
      );
    }
  });

  it("copies weights at the beginning of each step whose update binds eight buffers without the copy", () => {
    const updated = (optimizer: Optimizer) => {
      const { opening = [], steps } = planTraining({ ...small, optimizer });
      const halves = (all: readonly Step[]) => all.flatMap(({ kernel, bind }) => (kernel === "halve" ? [bind] : []));
      const copied = steps.flatMap(({ variant }) => ("copy" in variant ? [variant.copy] : []));
      return { opening: halves(opening).length, begin: halves(steps), copied: copied.length, steps: steps.length };
    };
    const [first] = [{ parameter: "W1", copy: "half_W1" }];
    expect(updated(adam({ learningRate: 0.1, weightDecay: 0.1 }))).toEqual({
      opening: 1,
      begin: [first],
      copied: 1,
      steps: 7,
    });
    expect(updated(adam({ learningRate: 0.1 }))).toEqual({ opening: 2, begin: [], copied: 2, steps: 6 });
    expect(updated(decaying)).toEqual({ opening: 2, begin: [], copied: 2, steps: 6 });
  });

  it("reads weights by their copies alone before they are updated, and updates both together", () => {
    for (const plan of [...plans, split]) {
      for (const step of plan.steps) {
        const touched = boundOperands(step).map(({ tensor }) => tensor ?? "");
        const weights = touched.filter((name) => /^W\d/.test(name) && !["penalty", "halve"].includes(step.kernel));
        const isUpdate = step.phase === "update";
        expect([step.kernel, weights.length > 0 && !isUpdate]).toEqual([step.kernel, false]);
        if (!isUpdate) continue;
        const begun = plan.steps.flatMap((one) => (one.kernel === "halve" ? [one.bind.parameter] : []));
        for (const name of weights) expect(touched.includes(`half_${name}`)).toBe(!begun.includes(name));
      }
    }
  });

  it("lets every update follow the last delta, as all that may skip a step write the control block, which updates read", () => {
    for (const plan of [...plans, split]) {
      for (const step of plan.steps) {
        const operands = boundOperands(step);
        const writesDelta = operands.some(
          ({ tensor, access }) => access === "readWrite" && plan.tensors[tensor ?? ""]?.role === "delta",
        );
        const access = operands.find(({ tensor }) => tensor === "control")?.access;
        if (writesDelta) expect([step.kernel, access]).toEqual([step.kernel, "readWrite"]);
        if (step.phase === "update") expect([step.kernel, access]).toEqual([step.kernel, "uniform"]);
      }
      const kinds = plan.steps.map(({ phase }) => phase);
      const firstUpdate = kinds.indexOf("update");
      if (firstUpdate > 0) expect(kinds.slice(firstUpdate).every((phase) => phase === "update")).toBe(true);
    }
  });

  it("enables f16 in each shader that names it, and shares no loads where |B| is an atomic word", async () => {
    const hardware = { lanes: 4, subgroups: true };
    for (const network of trained) {
      for (const step of allSteps(planTraining(optionsOf(network), hardware))) {
        const source = await sourceOf(step);
        expect([step.kernel, /^enable f16;/m.test(source)]).toEqual([step.kernel, /\bf16\(|<f16>/.test(source)]);
        if (!source.includes("atomic<u32>") || step.kernel === "outputLoss") continue;
        expect([step.kernel, source.includes("subgroup")]).toEqual([step.kernel, false]);
      }
    }
  });

  it("takes half the memory for activations and deltas, rounded up to words", () => {
    const f32 = planTraining({ ...small, precision: "f32", oneDispatch: false });
    const f16 = planTraining(small);
    for (const name of ["h1", "dz1", "do"]) {
      const [tensor, whole] = [f16.tensors[name], f32.tensors[name]];
      if (!tensor || !whole) throw new Error(`no tensor ${name}`);
      expect([name, bytesOf(tensor)]).toEqual([name, 4 * Math.ceil(bytesOf(whole) / 8)]);
    }
    const [less, more] = [bytesByRole(f16), bytesByRole(f32)];
    // 3 · 3 and 2 · 3 weights.
    expect(less.scratch).toBe(4 * 5 + 4 * 3);
    for (const role of ["control", "data", "parameter", "metric"] as const) expect(less[role]).toBe(more[role]);
  });
});

describe("planTraining", () => {
  it("never makes one dispatch of an f16 plan", () => {
    expect(planTraining(small)).toStrictEqual(planTraining({ ...small, oneDispatch: true }));
    expect(isHalf(planTraining(small))).toBe(true);
    expect(planTraining({ ...small, precision: "f32" }).steps).toHaveLength(1);
  });

  it("takes f32 where no precision is given", () => {
    const { precision: _, ...others } = small;
    expect(planTraining(others)).toStrictEqual(planTraining({ ...small, precision: "f32" }));
  });

  it("refuses a textbook plan of f16, and a precision that it does not know", () => {
    expect(refusal(() => planTraining({ ...small, fuse: false }))).toBe(
      'ModelError: planTraining: got precision "f16" with fuse: false, ' +
        "expected the fused plan, as the textbook's steps are all f32; leave out one of the two.",
    );
    expect(refusal(() => planTraining({ ...small, precision: "bf16" as "f16" }))).toBe(
      'ModelError: planTraining: got precision "bf16", expected one of f32, f16; choose one of these.',
    );
  });
});
