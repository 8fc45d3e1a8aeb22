import { describe, expect, it } from "vitest";
import type { Hardware } from "../../../src/kernels/tile.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import { losses } from "../../../src/model/loss.ts";
import { adam, adamw, type Optimizer, sgd } from "../../../src/model/optimizer.ts";
import { buildEvaluatePlan, buildPredictPlan } from "../../../src/plan/build.ts";
import { checkPlan } from "../../../src/plan/check.ts";
import { excessOf } from "../../../src/plan/limits.ts";
import { fuse } from "../../../src/plan/passes/fuse.ts";
import { forVariants } from "../../../src/plan/passes/variants.ts";
import type { Plan } from "../../../src/plan/types.ts";
import { resolveNetwork } from "../../../src/run/network.ts";
import { planTraining } from "../../../src/run/plan.ts";

/** What every WebGPU device has. */
const limits = {
  maxBufferSize: 2 ** 28,
  maxStorageBufferBindingSize: 2 ** 27,
  maxStorageBuffersPerShaderStage: 8,
  maxComputeWorkgroupsPerDimension: 65_535,
};

/** Whether a decay is per batch or per step changes no operand. */
const optimizers: readonly Optimizer[] = [false, true].flatMap((decayBiases) =>
  [0, 0.1].flatMap((weightDecay) => [
    sgd({ learningRate: 0.1, weightDecay, decayBiases }),
    sgd({ learningRate: 0.1, momentum: 0.9, weightDecay, decay: "per-step", decayBiases }),
    adam({ learningRate: 0.1, weightDecay, decayBiases }),
    adamw({ learningRate: 0.1, weightDecay, decayBiases }),
  ]),
);

const forms: readonly { readonly fuse?: boolean; readonly oneDispatch?: boolean; readonly precision?: "f16" }[] = [
  { fuse: false },
  { oneDispatch: false },
  {},
  { precision: "f16" },
];

/** One layer and three, an output that stays in registers and one that does not; the last too large for one dispatch. */
const networks = [true, false].flatMap((bias) =>
  [2, 40].flatMap((outputs) => [
    { inputs: 4, model: sequential([dense(outputs, "identity", { bias })]) },
    { inputs: 4, model: sequential([dense(5, "tanh", { bias }), dense(6, "relu", { bias }), dense(outputs)]) },
    { inputs: 64, model: sequential([dense(128, "tanh", { bias }), dense(outputs, "identity", { bias })]) },
  ]),
);

const adapters: readonly Hardware[] = [
  { lanes: 32, subgroups: false },
  { lanes: 4, subgroups: true },
];

/** Batches of which the longest splits the sums over it. */
const batches = [8, 128, 2048];

function expectFits(plan: Plan, what: unknown): void {
  checkPlan(plan);
  expect([what, excessOf(plan, limits)]).toEqual([what, undefined]);
}

describe.each(losses)("on a device of the default limits every step of %s", (loss) => {
  it.each(forms)("fits in %j, whatever the optimizer, its decay, the biases, bytes and the batch", (form) => {
    for (const optimizer of optimizers) {
      for (const { model, inputs } of networks) {
        for (const batch of batches) {
          const bytes = batch === 128;
          const [hardware] = batch === 8 ? adapters : adapters.slice(1);
          const plan = planTraining({ model, loss, optimizer, inputs, rows: 5000, batch, bytes, ...form }, hardware);
          expectFits(plan, [optimizer, model, batch]);
          if (plan.resident) expectFits(forVariants(plan, 3), [optimizer, model, batch]);
        }
      }
    }
  });

  it("fits where rows are judged and predicted", () => {
    for (const { model, inputs } of networks) {
      const { layers } = resolveNetwork(model, inputs, loss);
      const spec = { layers, loss, batch: 1024 };
      for (const plan of [buildEvaluatePlan(spec), buildPredictPlan(spec)]) expectFits(fuse(plan), model);
    }
  });
});
