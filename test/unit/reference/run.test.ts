import { describe, expect, it } from "vitest";
import { initialControl } from "../../../src/kernels/control.ts";
import { controlAfter } from "../../../src/kernels/control-after.ts";
import { dense, resolveLayers, sequential } from "../../../src/model/layer.ts";
import { adam, sgd } from "../../../src/model/optimizer.ts";
import { permute } from "../../../src/model/random.ts";
import { buildTrainPlan } from "../../../src/plan/build.ts";
import { createReference, type Reference } from "../../../src/reference/run.ts";
import { expectClose } from "../../helpers/compare.ts";
import { recordOf, trainReference } from "../../helpers/reference.ts";
import { refusal } from "../../helpers/refusal.ts";

const model = sequential([dense(2)]);
const loss = "halfSquaredError";

/** o = W x on 5 rows of one column, in batches of 2, 2, 1 unless told otherwise. */
const start = (optimizer = sgd({ learningRate: 0.5 }), fuse = false, batch = 2) =>
  trainReference({
    model,
    loss,
    optimizer,
    fuse,
    inputs: [1, 2, 3, 4, 5],
    targets: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
    rows: 5,
    batch,
    parameters: { W1: [0.1, 0.2] },
  });

describe("the reference", () => {
  it("takes rows in the order of the epoch's permutation, and each once", () => {
    const optimizer = sgd({ learningRate: 1e-3 });
    const layers = resolveLayers(model, 1, loss);
    const plan = buildTrainPlan({ layers, loss, batch: 2, optimizer, dataRows: 5, shuffle: true });
    const reference = createReference(plan, initialControl({ optimizer, dataRows: 5, batch: 2, seed: 9 }));
    reference.set("X", [10, 11, 12, 13, 14]);
    for (const epoch of [0, 1, 2]) {
      const seen: number[] = [];
      for (const rows of [2, 2, 1]) {
        reference.step();
        expect(reference.control).toMatchObject({ rows, epoch });
        seen.push(...reference.tensor("x").subarray(0, rows));
      }
      expect(seen).toEqual([0, 1, 2, 3, 4].map((index) => 10 + permute(index, 5, 9, epoch)));
    }
  });

  it("sees nothing of the rows that a batch before left behind", () => {
    const reference = start();
    reference.step();
    reference.step();
    const W = Array.from(reference.tensor("W1"));
    const b = Array.from(reference.tensor("b1"));
    reference.step();
    // The third batch is the row x = 5 alone: o = 5W + b and gW = 5 (o − 1).
    const o = W.map((weight, unit) => 5 * weight + (b[unit] ?? Number.NaN));
    expect(recordOf(reference, 3)).toMatchObject({ rows: 1, epoch: 0 });
    expect(Array.from(reference.tensor("gb1"))).toEqual(o.map((value) => value - 1));
    expect(Array.from(reference.tensor("gW1"))).toEqual(o.map((value) => 5 * (value - 1)));
  });

  it("leaves the rows of every tensor alone that a partial batch does not fill", () => {
    const reference = start();
    reference.step();
    reference.step();
    const batched = Object.entries(reference.plan.tensors).filter(([, { batched }]) => batched);
    const left = () => batched.map(([name, { shape }]) => [name, reference.tensor(name).slice(shape[1] ?? 1)]);
    const before = left();
    reference.step();
    expect(left()).toEqual(before);
    expect(batched.map(([name]) => name)).toEqual(expect.arrayContaining(["order", "x", "y", "o", "scores", "do"]));
  });

  describe.each([
    ["the textbook plan", false],
    ["the fused plan", true],
  ])("%s", (_, fuse) => {
    const momentum = sgd({ learningRate: 0.5, momentum: 0.9, weightDecay: 0.1 });
    const optimizers = [momentum, adam({ learningRate: 0.5 })];
    const held = (reference: Reference) =>
      Object.keys(reference.plan.tensors)
        .filter((name) => /^(W1|b1|state_)/.test(name))
        .map((name) => [name, reference.tensor(name).slice()]);

    it.each(optimizers)("halts $kind before an objective that is not finite touches anything", (optimizer) => {
      const reference = start(optimizer, fuse);
      reference.step();
      const before = held(reference);
      reference.tensor("X")[2] = Number.NaN;
      reference.step();
      reference.close();
      expect(recordOf(reference, 2)).toMatchObject({ step: 2, halted: 1, loss: Number.NaN });
      const ring = reference.tensor("ring").slice();
      reference.step();
      reference.close();
      expect(reference.control.step).toBe(2);
      expect(reference.tensor("ring")).toEqual(ring);
      expect(held(reference)).toEqual(before);
      expect(before.length).toBeGreaterThan(2);
    });

    it("halts before a sum of finite losses that overflows touches anything", () => {
      const reference = start(momentum, fuse, 5);
      reference.step();
      const before = held(reference);
      // Each of five rows has ℓ = ½ 2 (9·10¹⁵³)², a twentieth below half of the largest double.
      reference.tensor("Y").fill(9e153);
      reference.step();
      reference.close();
      expect(recordOf(reference, 2)).toMatchObject({ step: 2, halted: 1, loss: Number.POSITIVE_INFINITY });
      expect(held(reference)).toEqual(before);
    });

    it("halts by a penalty that overflows, and then touches nothing", () => {
      const reference = start(momentum, fuse);
      reference.step();
      reference.tensor("X").fill(0);
      reference.tensor("W1").fill(1e160);
      const before = held(reference);
      reference.step();
      reference.close();
      expect(recordOf(reference, 2)).toMatchObject({ step: 2, halted: 1, penalty: Number.POSITIVE_INFINITY });
      // The textbook plan knows s before it updates; the fused one sums it while it updates.
      const after = held(reference);
      if (!fuse) expect(after).toEqual(before);
      reference.step();
      reference.close();
      expect(reference.control.step).toBe(2);
      expect(held(reference)).toEqual(after);
    });

    it.each(optimizers)("goes on with $kind after a halt, once the control block is set back", (optimizer) => {
      const reference = start(optimizer, fuse);
      const begun = { ...reference.control };
      reference.step();
      const X = reference.tensor("X");
      X[2] = Number.NaN;
      reference.step();
      reference.close();
      X[2] = 3;
      Object.assign(reference.control, controlAfter({ control: begun, schedule: optimizer.schedule }, 1));
      const expected = start(optimizer, fuse);
      for (let step = 1; step <= 2; step++) expected.step();
      expected.close();
      reference.step();
      reference.close();
      expect(recordOf(reference, 2)).toEqual(recordOf(expected, 2));
      for (const [index, [name, values]] of held(expected).entries()) {
        const got = held(reference)[index]?.[1] ?? [];
        // Bias corrections are set back out of β as float32 has it.
        expectClose(`${name}`, got as Float64Array, values as Float64Array, 1e-5);
      }
    });
  });

  it("writes the ring round and round", () => {
    const reference = start(sgd({ learningRate: 1e-3 }));
    for (let step = 1; step <= 1025; step++) reference.step();
    expect([recordOf(reference, 1).step, recordOf(reference, 2).step]).toEqual([1025, 2]);
    expect(recordOf(reference, 1).epoch).toBe(Math.floor(1024 / 3));
  });

  it("stores numbers as the precision asked for has them", () => {
    const optimizer = sgd({ learningRate: 0.5 });
    const layers = resolveLayers(model, 1, loss);
    const plan = buildTrainPlan({ layers, loss, batch: 1, optimizer, dataRows: 1, shuffle: false });
    const control = initialControl({ optimizer, dataRows: 1, batch: 1, seed: 0 });
    const stored = (["float32", "float64"] as const).map((precision) => {
      const reference = createReference(plan, control, precision);
      reference.set("W1", [0.1, 0.2]);
      return reference.tensor("W1")[0];
    });
    expect(stored).toEqual([Math.fround(0.1), 0.1]);
  });

  it("keeps the control block that it was given as it was", () => {
    const optimizer = sgd({ learningRate: 0.5 });
    const layers = resolveLayers(model, 1, loss);
    const plan = buildTrainPlan({ layers, loss, batch: 1, optimizer, dataRows: 1, shuffle: false });
    const control = initialControl({ optimizer, dataRows: 1, batch: 1, seed: 0 });
    createReference(plan, control).step();
    expect(control.step).toBe(0);
  });

  it("refuses values of another number", () => {
    expect(refusal(() => start().set("W1", [1, 2, 3]))).toBe(
      "ShapeError: reference: W1: got 3 values, expected 2; give as many values as the tensor has elements.",
    );
  });

  it("refuses a tensor that the plan does not have", () => {
    expect(refusal(() => start().tensor("W9"))).toMatch(
      /^PlanError: train plan: got tensor "W9", expected one of control, /,
    );
  });
});
