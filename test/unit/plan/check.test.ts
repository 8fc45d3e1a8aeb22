import { describe, expect, it } from "vitest";
import { kernels } from "../../../src/kernels/index.ts";
import { dense, resolveLayers, sequential } from "../../../src/model/layer.ts";
import { sgd } from "../../../src/model/optimizer.ts";
import { buildEvaluatePlan, buildPredictPlan, buildTrainPlan } from "../../../src/plan/build.ts";
import { checkPlan } from "../../../src/plan/check.ts";
import type { Limits } from "../../../src/plan/limits.ts";
import { allSteps } from "../../../src/plan/memory.ts";
import { fuse } from "../../../src/plan/passes/fuse.ts";
import { halfPrecision } from "../../../src/plan/passes/half-precision.ts";
import { oneDispatch } from "../../../src/plan/passes/one-dispatch.ts";
import type { Plan, Step, Tensor } from "../../../src/plan/types.ts";
import { checkLimits } from "../../helpers/limits.ts";
import { refusal } from "../../helpers/refusal.ts";

const layers = resolveLayers(sequential([dense(3, "tanh"), dense(2)]), 4, "softmaxCrossEntropy");
const spec = { layers, loss: "softmaxCrossEntropy", batch: 8 } as const;
const optimizer = sgd({ learningRate: 0.1, weightDecay: 0.1 });
const train = buildTrainPlan({ ...spec, optimizer, dataRows: 20, shuffle: true });

/** Number of the first step that a test picks, counted from 1. */
const numberOf = (plan: Plan, pick: (step: Step) => boolean): number => {
  const found = plan.steps.findIndex(pick);
  if (found < 0) throw new Error("no such step");
  return found + 1;
};

/** The plan with one operand of a step bound to another tensor, or to none. */
const rebind = (plan: Plan, number: number, operand: string, tensor: string | undefined): Plan => ({
  ...plan,
  steps: plan.steps.map((step, index) => {
    if (index !== number - 1) return step;
    const { [operand]: _, ...others } = step.bind as Readonly<Record<string, string>>;
    return { ...step, bind: tensor === undefined ? others : { ...others, [operand]: tensor } } as Step;
  }),
});

const isForwardOf =
  (weights: string) =>
  (step: Step): boolean =>
    step.kernel === "matmul" && step.phase === "forward" && step.bind.b === weights;

describe("checkPlan", () => {
  const forward1 = numberOf(train, isForwardOf("W1"));
  const forward2 = numberOf(train, isForwardOf("W2"));

  it("refuses an operand that is bound to nothing", () => {
    expect(refusal(() => checkPlan(rebind(train, forward1, "bias", undefined)))).toBe(
      `PlanError: train plan: step ${forward1} (matmul): got bias bound to nothing, expected a tensor of the plan; mend the pass that wrote this plan.`,
    );
  });

  it("refuses an operand bound to a tensor that the plan does not have", () => {
    for (const name of ["W9", "toString"]) {
      expect(refusal(() => checkPlan(rebind(train, forward1, "b", name)))).toBe(
        `PlanError: train plan: step ${forward1} (matmul): got b bound to ${name}, expected a tensor of the plan; mend the pass that wrote this plan.`,
      );
    }
  });

  it("refuses an alias in place of its tensor", () => {
    expect(refusal(() => checkPlan(rebind(train, forward2, "c", "z2")))).toBe(
      `PlanError: train plan: step ${forward2} (matmul): got c bound to z2, expected a tensor of the plan; mend the pass that wrote this plan.`,
    );
  });

  it("refuses a tensor with fewer elements than the kernel touches", () => {
    expect(refusal(() => checkPlan(rebind(train, forward1, "b", "W2")))).toBe(
      `PlanError: train plan: step ${forward1} (matmul): got b = W2 [2, 3], expected at least 12 elements; mend the pass that wrote this plan.`,
    );
  });

  it("refuses bytes for what reads numbers, and numbers for what reads bytes", () => {
    const number = numberOf(train, ({ kernel }) => kernel === "gatherRows");
    const packed = buildTrainPlan({ ...spec, optimizer, dataRows: 20, shuffle: true, bytes: true });
    expect(() => checkPlan(packed)).not.toThrow();
    const where = `PlanError: train plan: step ${number} (gatherRows)`;
    expect(refusal(() => checkPlan({ ...train, tensors: packed.tensors }))).toBe(
      `${where}: got data = X of u8, expected a tensor of f32 or u32; mend the pass that wrote this plan.`,
    );
    expect(refusal(() => checkPlan({ ...packed, tensors: train.tensors }))).toBe(
      `${where}: got data = X of f32, expected a tensor of u8; mend the pass that wrote this plan.`,
    );
  });

  const fused = fuse(train);
  const regression = fuse(
    buildTrainPlan({ ...spec, loss: "halfSquaredError", optimizer, dataRows: 20, shuffle: true, bytes: true }),
  );
  const halved = halfPrecision(fused);

  it.each([
    ["textbook", train],
    ["fused", fused],
    ["fused, of bytes and values", regression],
    ["f16", halved],
    ["split", halfPrecision(fuse(buildTrainPlan({ ...spec, batch: 2048, optimizer, dataRows: 4096, shuffle: true })))],
    ["one dispatch", oneDispatch(fused)],
    ["evaluation", buildEvaluatePlan(spec)],
  ])("refuses the %s plan where a tensor is of another type than the steps that it is bound to take", (_, plan) => {
    expect(() => checkPlan(plan)).not.toThrow();
    const bound = new Set(allSteps(plan).flatMap((step) => Object.values(step.bind)));
    for (const name of bound) {
      const tensor = plan.tensors[name] as Tensor;
      if (tensor.role === "control") continue;
      const others = (["f32", "f16", "u32", "u8"] as const).filter((dtype) => dtype !== tensor.dtype);
      for (const dtype of others) {
        const wrong = { ...plan, tensors: { ...plan.tensors, [name]: { ...tensor, dtype } } };
        expect(refusal(() => checkPlan(wrong))).toMatch(
          /PlanError: .*: got \w+ = \w+ of \w+, expected a tensor of [\w ]+; mend the pass that wrote this plan\.$/,
        );
      }
    }
  });

  it.each(["", "f", "f3", "or", "f64"])("refuses a tensor of %j, which is no type", (dtype) => {
    const tensors = JSON.parse(JSON.stringify(train.tensors));
    tensors.W1.dtype = dtype;
    expect(refusal(() => checkPlan({ ...train, tensors }))).toBe(
      `PlanError: train plan: step ${forward1} (matmul): got b = W1 of ${dtype}, expected a tensor of f32; mend the pass that wrote this plan.`,
    );
    const moving = numberOf(train, ({ kernel }) => kernel === "gatherRows");
    const data = JSON.parse(JSON.stringify(train.tensors));
    data.X.dtype = dtype;
    expect(refusal(() => checkPlan({ ...train, tensors: data }))).toContain(
      `step ${moving} (gatherRows): got data = X of ${dtype}, expected a tensor of f32 or u32;`,
    );
  });

  const one = oneDispatch(fused);
  const shrinking = buildTrainPlan({
    ...spec,
    optimizer: sgd({ learningRate: 0.1, weightDecay: 0.1, decayBiases: true }),
    dataRows: 20,
    shuffle: true,
  });

  it.each([
    ["kernel", "matmull", train, "kernels that there are"],
    ["kernel", "toString", train, "kernels that there are"],
    ["activation", "gelu", train, "identity, relu, sigmoid, tanh"],
    ["activation", "", fused, "identity, relu, sigmoid, tanh"],
    ["activation", "gelu", one, "identity, relu, sigmoid, tanh"],
    ["slope", "gelu", train, "identity, relu, sigmoid, tanh"],
    ["loss", "hinge", train, "halfSquaredError, softmaxCrossEntropy"],
    ["loss", "hinge", one, "halfSquaredError, softmaxCrossEntropy"],
    ["optimizer", "rmsprop", fused, "sgd, momentum, adam, adamw"],
    ["biasDecay", "per-epoch", fuse(shrinking), "per-batch, per-step, false"],
    ["decay", "per-epoch", shrinking, "per-batch, per-step, false"],
    ["schedule", "linear", train, "constant, step, cosine"],
    ["schedule", "linear", one, "constant, step, cosine"],
  ])("refuses a plan given as data that says %s %j", (name, word, plan, known) => {
    // The first of that name, wherever it stands.
    let found = false;
    const text = JSON.stringify(plan, (key, value) => {
      if (key !== name || found) return value;
      found = true;
      return word;
    });
    // Of a list as long as that of the kernels, the middle is left out.
    const names = name === "kernel" ? `${Object.keys(kernels)[0]}, .+…?.+` : known;
    expect(refusal(() => checkPlan(JSON.parse(text)))).toMatch(
      new RegExp(
        `^PlanError: train plan: step \\d+ \\(\\w+\\): got ${name} "${word}", expected one of ${names}; [\\w -]+\\.$`,
      ),
    );
    expect(found).toBe(true);
  });

  it("refuses each kernel that was left in f32 code on tensors that became f16", () => {
    const left = halved.steps.filter(({ variant }) => "half" in variant && variant.half);
    expect(left.map(({ kernel }) => kernel)).toEqual([
      "begin",
      "layerForward",
      "outputLoss",
      "layerBackward",
      "layerUpdate",
      "layerUpdate",
    ]);
    // What begins a step has no f16 operand: it only minds the loss scale.
    for (const step of left.slice(1)) {
      const steps = halved.steps.map((one) =>
        one === step ? { ...one, variant: { ...one.variant, half: false } } : one,
      );
      expect(refusal(() => checkPlan({ ...halved, steps: steps as Step[] }))).toMatch(
        new RegExp(`\\(${step.kernel}\\): got \\w+ = \\w+ of f16, expected a tensor of f32;`),
      );
    }
  });

  it("refuses another tensor for the control block, and the control block for another", () => {
    const end = "; mend the pass that wrote this plan.";
    expect(refusal(() => checkPlan(rebind(train, forward1, "control", "order")))).toBe(
      `PlanError: train plan: step ${forward1} (matmul): got control = order of u32, expected a tensor of control${end}`,
    );
    const loss = numberOf(train, ({ kernel }) => kernel === "loss");
    expect(refusal(() => checkPlan(rebind(train, loss, "y", "control")))).toBe(
      `PlanError: train plan: step ${loss} (loss): got y = control of control, expected a tensor of u32${end}`,
    );
  });

  it("refuses to move words into others of another type", () => {
    const values = buildTrainPlan({ ...spec, loss: "halfSquaredError", optimizer, dataRows: 20, shuffle: true });
    const y = { ...(values.tensors.y as Tensor), dtype: "u32" } as const;
    expect(refusal(() => checkPlan({ ...values, tensors: { ...values.tensors, y } }))).toBe(
      "PlanError: train plan: step 4 (gatherRows): got batch = y of u32, expected a tensor of f32; mend the pass that wrote this plan.",
    );
  });

  it("refuses the read of a tensor that no step has written", () => {
    const withoutForward = { ...train, steps: train.steps.filter((_, index) => index !== forward1 - 1) };
    expect(refusal(() => checkPlan(withoutForward))).toBe(
      `PlanError: train plan: step ${forward1} (activation): got z = z1, which no step has written, expected a tensor written by an earlier step; mend the pass that wrote this plan.`,
    );
  });

  it("refuses the update by a gradient that no step has written", () => {
    const steps = train.steps.filter((step) => !(step.kernel === "sumRows" && step.bind.db === "gb1"));
    const number = numberOf(
      { ...train, steps },
      (step) => step.kernel === "weightUpdate" && step.bind.parameter === "b1",
    );
    expect(refusal(() => checkPlan({ ...train, steps }))).toBe(
      `PlanError: train plan: step ${number} (weightUpdate): got g = gb1, which no step has written, expected a tensor written by an earlier step; mend the pass that wrote this plan.`,
    );
  });

  it("refuses a tensor that one dispatch reads and writes", () => {
    const number = numberOf(train, ({ kernel }) => kernel === "activation");
    expect(refusal(() => checkPlan(rebind(train, number, "h", "z1")))).toBe(
      `PlanError: train plan: step ${number} (activation): got z1 bound twice, and written, expected each written tensor bound once; mend the pass that wrote this plan.`,
    );
  });

  it("refuses a tensor that one dispatch writes twice", () => {
    const number = numberOf(train, ({ kernel }) => kernel === "loss");
    expect(refusal(() => checkPlan(rebind(train, number, "do", "scores")))).toBe(
      `PlanError: train plan: step ${number} (loss): got scores bound twice, and written, expected each written tensor bound once; mend the pass that wrote this plan.`,
    );
  });

  it("allows a tensor that one dispatch reads twice", () => {
    const number = numberOf(train, ({ kernel }) => kernel === "gradientMultiply");
    expect(() => checkPlan(rebind(train, number, "z", "h1"))).not.toThrow();
  });

  it("refuses the read of a parameter that the same step of training has updated", () => {
    const update = train.steps.find((step) => step.kernel === "weightUpdate" && step.bind.parameter === "W2");
    const down = numberOf(train, (step) => step.kernel === "matmul" && step.bind.c === "dh1");
    if (update === undefined) throw new Error("no update of W2");
    // The trap of a much-copied worked example: deltas of the hidden layer taken through weights that were updated already.
    const others = train.steps.filter((step) => step !== update);
    const steps = [...others.slice(0, down - 1), update, ...others.slice(down - 1)];
    expect(refusal(() => checkPlan({ ...train, steps }))).toBe(
      `PlanError: train plan: step ${down + 1} (matmul): got b = W2, which this step has updated already, expected parameters from before the step; mend the pass that wrote this plan.`,
    );
  });

  it("refuses a second update of the same parameter", () => {
    const update = train.steps.filter((step) => step.kernel === "weightUpdate" && step.bind.parameter === "b2");
    const steps = [...train.steps, ...update];
    expect(refusal(() => checkPlan({ ...train, steps }))).toBe(
      `PlanError: train plan: step ${steps.length} (weightUpdate): got parameter = b2, which this step has updated already, expected parameters from before the step; mend the pass that wrote this plan.`,
    );
  });

  it.each([buildEvaluatePlan(spec), buildPredictPlan(spec)])(
    "takes the rows of $mode as written from outside",
    (plan) => {
      expect(() => checkPlan(plan)).not.toThrow();
      const first = plan.steps[0];
      if (first === undefined) throw new Error("no step");
      // In training they are not: there the step gathers them.
      expect(refusal(() => checkPlan({ ...plan, mode: "train" }))).toBe(
        `PlanError: train plan: step 1 (${first.kernel}): got a = x, which no step has written, expected a tensor written by an earlier step; mend the pass that wrote this plan.`,
      );
    },
  );
});

describe("the limits of a device", () => {
  /** Far above what the plan of these tests takes. */
  const ample: Limits = {
    maxBufferSize: 2 ** 28,
    maxStorageBufferBindingSize: 2 ** 27,
    maxStorageBuffersPerShaderStage: 8,
    maxComputeWorkgroupsPerDimension: 65_535,
  };

  it("passes what fits, to the last byte, buffer and workgroup", () => {
    expect(() => checkLimits(train, ample)).not.toThrow();
    const exact = {
      // The ring; loss binds five storage buffers; 20 × 4 numbers are gathered by one workgroup of 64.
      maxBufferSize: 4 * 8 * 1024,
      maxStorageBufferBindingSize: 4 * 8 * 1024,
      maxStorageBuffersPerShaderStage: 5,
      maxComputeWorkgroupsPerDimension: 1,
    };
    expect(() => checkLimits(train, exact)).not.toThrow();
  });

  it.each(["maxBufferSize", "maxStorageBufferBindingSize"] as const)("names the tensor that exceeds %s", (limit) => {
    expect(refusal(() => checkLimits(train, { ...ample, [limit]: 4 * 8 * 1024 - 1 }))).toBe(
      "DeviceError: train plan: tensor ring [1024, 8]: got 32.0 KiB, expected at most 32.0 KiB, the largest buffer of this device; take smaller layers or batches.",
    );
  });

  it("names fewer rows as the remedy where the data exceed it", () => {
    const large = buildTrainPlan({ ...spec, optimizer, dataRows: 2 ** 24, shuffle: true });
    expect(refusal(() => checkLimits(large, ample))).toBe(
      "DeviceError: train plan: tensor X [16777216, 4]: got 256.0 MiB, expected at most 128.0 MiB, the largest buffer of this device; train on fewer rows or columns at a time.",
    );
  });

  it("names the step with too many storage buffers", () => {
    const number = numberOf(train, ({ kernel }) => kernel === "loss");
    expect(refusal(() => checkLimits(train, { ...ample, maxStorageBuffersPerShaderStage: 4 }))).toBe(
      `DeviceError: train plan: step ${number} (loss): got 5 storage buffers, expected at most 4 on this device; take a device that allows more: 8 do for every plan of planTraining.`,
    );
  });

  it("names the step with too many workgroups", () => {
    const wide = resolveLayers(sequential([dense(65, "tanh"), dense(2)]), 1, "softmaxCrossEntropy");
    const plan = buildPredictPlan({ ...spec, layers: wide, batch: 33 });
    // Blocks of 4 × 32 outputs: 9 × 3 of them cover 33 × 65.
    expect(refusal(() => checkLimits(plan, { ...ample, maxComputeWorkgroupsPerDimension: 26 }))).toBe(
      "DeviceError: predict plan: step 1 (matmul): got 27 workgroups along one dimension, expected at most 26 on this device; take smaller layers or batches.",
    );
  });
});
