import { describe, expect, it } from "vitest";
import { LONG_RING_RECORDS, RING_RECORDS } from "../../../src/kernels/control.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import { adam } from "../../../src/model/optimizer.ts";
import { checkPlan } from "../../../src/plan/check.ts";
import { bytesByRole } from "../../../src/plan/memory.ts";
import { forVariants } from "../../../src/plan/passes/variants.ts";
import { planTraining } from "../../../src/run/plan.ts";
import { checkLimits } from "../../helpers/limits.ts";
import { refusal } from "../../helpers/refusal.ts";

const single = planTraining({
  model: sequential([dense(8, "tanh"), dense(2)]),
  loss: "softmaxCrossEntropy",
  optimizer: adam({ learningRate: 0.1 }),
  inputs: 2,
  rows: 100,
});

describe("a plan for variants", () => {
  it("is a sound plan, and JSON only", () => {
    const plan = forVariants(single, 7);
    checkPlan(plan);
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });

  it("keeps one copy of the data, and of all else one for each variant, with a short ring", () => {
    const [one, seven] = [bytesByRole(single), bytesByRole(forVariants(single, 7))];
    const { data, control = 0, metric = 0, scratch = 0 } = one;
    // Parameters and state lie in `resident`, which is the scratch of a single network.
    const ring = (metric * RING_RECORDS) / LONG_RING_RECORDS;
    expect(seven).toEqual({ data, control: 7 * control, metric: 7 * ring, scratch: 7 * scratch });
    expect(scratch).toBe((one.parameter ?? 0) + (one.state ?? 0));
  });

  it("is refused where its variants do not fit a buffer of the device", () => {
    const limits = {
      maxBufferSize: 2 ** 27,
      maxStorageBufferBindingSize: 2 ** 27,
      maxStorageBuffersPerShaderStage: 8,
      maxComputeWorkgroupsPerDimension: 65_535,
    };
    // 32 KiB of ring a variant.
    checkLimits(forVariants(single, 4096), limits);
    expect(refusal(() => checkLimits(forVariants(single, 4097), limits))).toBe(
      "DeviceError: train plan: tensor ring [4097, 1024, 8]: got 128.0 MiB, expected at most 128.0 MiB, the largest buffer of this device; train fewer variants at a time.",
    );
  });
});
