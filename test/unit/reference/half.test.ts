import { describe, expect, it } from "vitest";
import {
  type ControlValues,
  HALTED,
  INITIAL_LOSS_SCALE,
  initialControl,
  LARGEST_LOSS_SCALE,
  LOSS_SCALE_STEPS,
  RECORDED,
  SKIPPED,
} from "../../../src/kernels/control.ts";
import { roundToHalf } from "../../../src/model/float16.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import { adam, type Optimizer, sgd } from "../../../src/model/optimizer.ts";
import { advanceControl } from "../../../src/reference/advance.ts";
import { createReference, type Reference } from "../../../src/reference/run.ts";
import { initialParameters, resolveNetwork } from "../../../src/run/network.ts";
import { planTraining } from "../../../src/run/plan.ts";
import { expectClose } from "../../helpers/compare.ts";
import { HALF_BOUND, halfTasks, type Task } from "../../helpers/half-tasks.ts";
import { recordOf } from "../../helpers/reference.ts";

/** A task's plan interpreted in single precision, with the parameters that a trainer begins with. */
function referenceOf(task: Task, precision: "f32" | "f16", control: Partial<ControlValues> = {}): Reference {
  const { layers, loss, optimizer, data, rows, batch, shuffle = true } = task;
  const model = sequential(layers);
  const inputs = data.inputs.length / rows;
  const plan = planTraining({
    model,
    loss,
    optimizer,
    inputs,
    rows,
    batch,
    shuffle,
    precision,
    oneDispatch: false,
  });
  const reference = createReference(plan, {
    ...initialControl({ optimizer, dataRows: rows, batch, seed: 5 }),
    ...control,
  });
  reference.set("X", data.inputs);
  reference.set("Y", data.targets);
  const parameters = initialParameters(resolveNetwork(model, inputs, loss).layers, 5);
  for (const [name, values] of Object.entries(parameters)) reference.set(name, values);
  return reference;
}

const take = (reference: Reference, steps: number): void => {
  for (let t = 0; t < steps; t++) reference.step();
  reference.close();
};

const trainedTensors = ({ plan }: Reference): string[] =>
  Object.keys(plan.tensors).filter((name) => ["parameter", "state"].includes(plan.tensors[name]?.role ?? ""));

const valuesOf = (reference: Reference) =>
  Object.fromEntries(trainedTensors(reference).map((name) => [name, reference.tensor(name).slice()]));

/** L/|B| over the last so many steps. */
function lossOf(reference: Reference, steps: number): number {
  const { step } = reference.control;
  const lines = Array.from({ length: steps }, (_, i) => recordOf(reference, step - i));
  return lines.reduce((sum, { loss }) => sum + loss, 0) / lines.reduce((sum, { rows }) => sum + rows, 0);
}

describe.each(Object.entries(halfTasks))("f16 training of %s", (_, task) => {
  it("ends with the loss of f32 to 1 %, after more than 100 steps", () => {
    const epoch = Math.ceil(task.rows / task.batch);
    const [f32, f16] = (["f32", "f16"] as const).map((precision) => {
      const reference = referenceOf(task, precision);
      take(reference, epoch);
      const first = lossOf(reference, epoch);
      take(reference, task.steps - epoch);
      return { first, last: lossOf(reference, epoch), reference };
    });
    if (!f32 || !f16) throw new Error("two trainings");
    // What the bound was derived for: something was learnt, and not so much that hardly a loss is left to compare.
    expect(f32.last).toBeLessThan(0.95 * f32.first);
    expect(f32.last).toBeGreaterThan(0.5 * f32.first);
    expect(Math.abs(f16.last / f32.last - 1)).toBeLessThanOrEqual(HALF_BOUND);
    // They are two trainings, not one.
    expect(f16.last).not.toBe(f32.last);
    for (const [name, { dtype }] of Object.entries(f16.reference.plan.tensors)) {
      if (dtype !== "f16") continue;
      const values = Array.from(f16.reference.tensor(name));
      expect([name, values]).toEqual([name, values.map(roundToHalf)]);
    }
  });
});

/** Deltas of about 100, which are out of range at the first loss scale, and of the same rows in every step. */
const wild = (optimizer: Optimizer, layers = [dense(4, "tanh"), dense(2)]): Task => ({
  layers,
  loss: "halfSquaredError",
  optimizer,
  data: {
    inputs: Array.from({ length: 24 }, (_, i) => Math.sin(i)),
    targets: Array.from({ length: 16 }, (_, i) => 100 + i),
  },
  rows: 8,
  batch: 8,
  shuffle: false,
  steps: 0,
});

const lossScale = INITIAL_LOSS_SCALE;

describe.each([
  ["sgd", sgd({ learningRate: 0.001, weightDecay: 0.1 })],
  ["momentum", sgd({ learningRate: 0.001, momentum: 0.9 })],
  ["adam", adam({ learningRate: 0.01 })],
] as const)("a delta out of range, %s", (_, optimizer) => {
  it("skips exactly its step, and halves the loss scale", () => {
    const reference = referenceOf(wild(optimizer), "f16");
    const before = valuesOf(reference);
    take(reference, 1);
    expect(reference.control).toMatchObject({ step: 1, halted: SKIPPED, lossScale });
    expect(recordOf(reference, 1)).toMatchObject({ step: 1, rows: 8, halted: SKIPPED });
    expect(valuesOf(reference)).toEqual(before);
    const squares = ["W1", "W2"].flatMap((name) => Array.from(reference.tensor(name), (value) => value * value));
    const penalty = (optimizer.weightDecay / 2) * squares.reduce((sum, square) => sum + square, 0);
    expectClose("s of the skipped step", [recordOf(reference, 1).penalty], [penalty], 1e-6 * penalty);
    take(reference, 1);
    expect(reference.control).toMatchObject({ step: 2, halted: 0, lossScale: lossScale / 2 });
    expect(recordOf(reference, 2)).toMatchObject({ step: 2, halted: 0 });
    for (const [name, values] of Object.entries(before)) expect(reference.tensor(name), name).not.toEqual(values);
  });

  it("leaves no trace but the count of steps: it goes on as a run that begins with the smaller scale", () => {
    const [skipping, other] = [
      referenceOf(wild(optimizer), "f16"),
      referenceOf(wild(optimizer), "f16", { lossScale: lossScale / 2 }),
    ];
    take(skipping, 6);
    take(other, 5);
    expect(valuesOf(skipping)).toEqual(valuesOf(other));
    expect(skipping.control).toEqual({ ...other.control, step: 6, epoch: 5 });
  });

  it("halts where the loss scale is 1, with the parameters from before", () => {
    const reference = referenceOf(wild(optimizer), "f16", { lossScale: 1 });
    reference.set(
      "Y",
      reference.tensor("Y").map((value) => 1000 * value),
    );
    const before = valuesOf(reference);
    take(reference, 1);
    expect(reference.control.halted).toBe(HALTED | RECORDED);
    expect(recordOf(reference, 1)).toMatchObject({ step: 1, halted: HALTED });
    take(reference, 3);
    expect(reference.control.step).toBe(1);
    expect(valuesOf(reference)).toEqual(before);
  });
});

describe("an activation out of range", () => {
  it.each([
    ["relu", [dense(4, "relu"), dense(2)]],
    // tanh would hide it, and the deltas of it vanish.
    ["relu below tanh", [dense(4, "relu"), dense(4, "tanh"), dense(2)]],
    ["relu below a wide output", [dense(4, "relu"), dense(40)]],
  ])("halts before anything is updated, %s", (_, layers) => {
    const task = wild(sgd({ learningRate: 0.001 }), layers);
    const targets = Array.from({ length: 8 * (layers.at(-1)?.units ?? 0) }, () => 0.5);
    const reference = referenceOf({ ...task, data: { ...task.data, targets } }, "f16");
    reference.set("W1", new Float32Array(12).fill(3e4));
    reference.set("X", new Float32Array(24).fill(1));
    const before = valuesOf(reference);
    take(reference, 1);
    expect(recordOf(reference, 1)).toMatchObject({ step: 1, halted: HALTED });
    expect(valuesOf(reference)).toEqual(before);
  });
});

describe("the loss scale", () => {
  const variant = { schedule: "constant", decay: "per-batch", half: true } as const;
  const at = (fields: Partial<ControlValues>): ControlValues => ({
    ...initialControl({ optimizer: sgd({ learningRate: 0.1 }), dataRows: 8, batch: 8, seed: 0 }),
    ...fields,
  });
  const next = (fields: Partial<ControlValues>, half = true) => {
    const control = at(fields);
    advanceControl({ ...variant, half }, control);
    return control;
  };
  const period = LOSS_SCALE_STEPS;

  it("is doubled every thousand steps, up to its largest", () => {
    expect(next({ step: 0 }).lossScale).toBe(lossScale);
    expect(next({ step: period - 1 }).lossScale).toBe(lossScale);
    expect(next({ step: period }).lossScale).toBe(2 * lossScale);
    expect(next({ step: period + 1 }).lossScale).toBe(lossScale);
    expect(next({ step: 7 * period, lossScale: LARGEST_LOSS_SCALE }).lossScale).toBe(LARGEST_LOSS_SCALE);
  });

  it("is halved after a skipped step, in the thousandth too, and never below 1", () => {
    expect(next({ step: 3, halted: SKIPPED })).toMatchObject({ step: 4, halted: 0, lossScale: lossScale / 2 });
    expect(next({ step: period, halted: SKIPPED }).lossScale).toBe(lossScale / 2);
    expect(next({ step: 3, halted: SKIPPED, lossScale: 1 }).lossScale).toBe(1);
  });

  it("stays where the run has halted, and in training of f32", () => {
    expect(next({ step: period, halted: HALTED })).toEqual(at({ step: period, halted: HALTED }));
    expect(next({ step: period }, false).lossScale).toBe(lossScale);
  });
});
