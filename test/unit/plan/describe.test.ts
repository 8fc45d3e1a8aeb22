import { describe, expect, it } from "vitest";
import { type Dense, dense, sequential } from "../../../src/model/layer.ts";
import { adam, sgd } from "../../../src/model/optimizer.ts";
import { describeStep } from "../../../src/plan/describe.ts";
import { formatPlan } from "../../../src/plan/format.ts";
import type { Plan } from "../../../src/plan/types.ts";
import { type PlanOptions, planTraining } from "../../../src/run/plan.ts";

const options = (layers: readonly Dense[], others: Partial<PlanOptions> = {}): PlanOptions => ({
  model: sequential(layers),
  loss: "softmaxCrossEntropy",
  optimizer: sgd({ learningRate: 0.1 }),
  inputs: 4,
  rows: 8,
  ...others,
});

const network = [dense(3, "tanh"), dense(2)];
const textbook = planTraining(options(network, { fuse: false }));

const stepThatWrites = (plan: Plan, name: string) => {
  const found = plan.steps.map(describeStep).find(({ writes }) => writes.includes(name));
  if (!found) throw new Error(`no step writes ${name}`);
  return found;
};

describe("describeStep", () => {
  it("names what the formulas name", () => {
    expect(stepThatWrites(textbook, "z1")).toEqual({
      phase: "forward",
      kernel: "matmul",
      writes: ["z1"],
      reads: ["x", "W1", "b1"],
      label: "a bᵀ + bias",
    });
    expect(stepThatWrites(textbook, "dz1")).toMatchObject({ reads: ["dh1", "z1", "h1"], label: "tanh′" });
    expect(stepThatWrites(textbook, "gW2")).toMatchObject({ phase: "backward", reads: ["do", "h1"] });
    expect(stepThatWrites(textbook, "do")).toMatchObject({
      phase: "loss",
      writes: ["scores", "do"],
      reads: ["o", "y"],
    });
  });

  it("counts the parameter that an update changes among what it reads, and its state", () => {
    expect(stepThatWrites(textbook, "W1")).toMatchObject({ writes: ["W1"], reads: ["gW1", "W1"] });
    const { reads, writes } = stepThatWrites(
      planTraining(options(network, { fuse: false, optimizer: adam({ learningRate: 0.1 }) })),
      "W2",
    );
    expect([reads, writes]).toEqual([
      ["gW2", "W2", "state_W2"],
      ["W2", "state_W2"],
    ]);
  });

  it("names the control block only where nothing else is written", () => {
    const descriptions = textbook.steps.map(describeStep);
    expect(descriptions.filter(({ writes }) => writes.includes("control")).map(({ kernel }) => kernel)).toEqual([
      "advance",
    ]);
    expect(descriptions.flatMap(({ reads }) => reads)).not.toContain("control");
  });

  it.each([
    ["textbook", { fuse: false }],
    ["fused", { oneDispatch: false }],
    ["one dispatch", {}],
  ])("names only tensors of the plan, each a line of what formatPlan prints (%s)", (_, others) => {
    const plan = planTraining(options(network, others));
    const printed = formatPlan(plan).split("\n");
    for (const step of plan.steps) {
      const { kernel, reads, writes } = describeStep(step);
      for (const name of [...reads, ...writes]) expect(Object.keys(plan.tensors)).toContain(name);
      expect(printed.some((line) => line.includes(`= ${kernel}(${reads.join(", ")})`))).toBe(true);
    }
  });
});
