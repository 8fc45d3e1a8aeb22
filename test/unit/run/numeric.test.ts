import { describe, expect, it } from "vitest";
import { initialControl } from "../../../src/kernels/control.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import { sgd } from "../../../src/model/optimizer.ts";
import { createReference, type Reference } from "../../../src/reference/run.ts";
import { diagnose } from "../../../src/run/numeric.ts";
import { planTraining } from "../../../src/run/plan.ts";
import type { Trainer } from "../../../src/run/types.ts";
import { recordOf } from "../../helpers/reference.ts";

const optimizer = sgd({ learningRate: 0.5, weightDecay: 0.1 });

/** Two steps of relu(W1 x + b1), W2 h + b2 on 4 rows of one column, the second with these values. */
function failed(fuse: boolean, values: Readonly<Record<string, readonly number[]>>): Reference {
  const model = sequential([dense(2, "relu"), dense(1)]);
  const plan = planTraining({
    model,
    loss: "halfSquaredError",
    optimizer,
    inputs: 1,
    rows: 4,
    batch: 4,
    fuse,
    oneDispatch: false,
  });
  const reference = createReference(plan, initialControl({ optimizer, dataRows: 4, batch: 4, seed: 0 }));
  reference.set("X", [10, 11, 12, 13]);
  reference.step();
  for (const [name, numbers] of Object.entries(values)) reference.set(name, numbers);
  reference.step();
  reference.close();
  return reference;
}

/** What of a trainer the search asks for. */
const trainerOf = (reference: Reference) =>
  ({
    plan: reference.plan,
    read: async (name: string) => ({ shape: [], data: reference.tensor(name) }),
  }) as unknown as Trainer;

const culprit = async (fuse: boolean, values: Readonly<Record<string, readonly number[]>>) => {
  const reference = failed(fuse, values);
  const record = recordOf(reference, 2);
  return (await diagnose(trainerOf(reference), { ...record, halted: true, skipped: false })).error;
};

describe("diagnose", () => {
  it.each([
    ["W2", "the fused plan", true, { W2: [Number.NaN, 0] }],
    ["W2", "the textbook plan", false, { W2: [Number.NaN, 0] }],
    ["h1", "the fused plan", true, { W1: [3e38, 1] }],
    ["z1", "the textbook plan", false, { W1: [3e38, 1] }],
    ["scores", "the fused plan", true, { b2: [3e38] }],
    ["scores", "the textbook plan", false, { b2: [3e38] }],
  ])("names %s, the first culprit in the order of %s, and not what it leads to", async (tensor, _, fuse, values) => {
    const error = await culprit(fuse, values);
    expect({ step: error.step, tensor: error.tensor }).toEqual({ step: 2, tensor });
    expect(error.message).toMatch(new RegExp(`^training: step 2: ${tensor}: got L = `));
  });

  it.each([
    [0.015, "0.015"],
    [0.29, "0.29"],
    [0.0123456789, "0.01234"],
    [12345.678, "12340"],
    [3e38, "3e+38"],
    [1e-7, "1e-7"],
  ])("advises a learning rate below %d, in as many digits as a person would write", async (rate, text) => {
    const reference = failed(true, { W2: [Number.NaN, 0] });
    const record = { ...recordOf(reference, 2), halted: true, skipped: false, learningRate: Math.fround(rate) };
    const { remedy } = (await diagnose(trainerOf(reference), record)).error;
    expect(remedy).toContain(`take a learning rate below ${text} or scale the data`);
  });
});
