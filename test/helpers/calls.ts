import type { Call } from "../../src/kernels/index.ts";
import { anyHardware } from "../../src/kernels/tile.ts";
import { dense, resolveLayers, sequential } from "../../src/model/layer.ts";
import { adam, adamw, type Optimizer, sgd } from "../../src/model/optimizer.ts";
import { cosine, stepDecay } from "../../src/model/schedule.ts";
import { buildEvaluatePlan, buildTrainPlan } from "../../src/plan/build.ts";
import { fuse } from "../../src/plan/passes/fuse.ts";
import { halfPrecision } from "../../src/plan/passes/half-precision.ts";
import { oneDispatch } from "../../src/plan/passes/one-dispatch.ts";

export const optimizers: Optimizer[] = [
  sgd({ learningRate: 0.1, weightDecay: 0.1 }),
  sgd({ learningRate: stepDecay({ learningRate: 0.1, every: 2, factor: 0.5 }), momentum: 0.9, decay: "per-step" }),
  adam({ learningRate: cosine({ learningRate: 0.1, steps: 9 }), weightDecay: 0.1 }),
  adamw({ learningRate: 0.1, weightDecay: 0.1 }),
];

/** A call of every kernel, in the variants that plans use; an output of 33 units is wider than fits into registers. */
export const calls: Call[] = (["halfSquaredError", "softmaxCrossEntropy"] as const).flatMap((loss) =>
  [2, 33].flatMap((outputs) => {
    const output = dense(outputs, loss === "halfSquaredError" ? "sigmoid" : "identity");
    const hidden = [dense(3, "tanh"), dense(64, "relu", { bias: false }), dense(64, "sigmoid"), dense(3)];
    return [[output], [...hidden, output]].flatMap((network) => {
      const spec = { layers: resolveLayers(sequential(network), 4, loss), loss, batch: 8 };
      const plans = [
        ...optimizers.flatMap((optimizer) =>
          [true, false].flatMap((shuffle) =>
            [true, false].map((bytes) => buildTrainPlan({ ...spec, optimizer, dataRows: 20, shuffle, bytes })),
          ),
        ),
        buildEvaluatePlan(spec),
      ];
      // A batch long enough to split the sums over it.
      const long = optimizers.flatMap((optimizer) =>
        [true, false].map((bytes) =>
          buildTrainPlan({ ...spec, batch: 2048, optimizer, dataRows: 5000, shuffle: true, bytes }),
        ),
      );
      const fused = [...plans, ...long].map(fuse);
      const whole = fused.map((plan) => oneDispatch(plan, anyHardware, 32_768));
      const half = fused.filter(({ mode }) => mode === "train").map(halfPrecision);
      const all = [...plans, ...fused, ...whole, ...half];
      return all.flatMap(({ opening = [], steps, closing }) => [...opening, ...steps, ...closing]);
    });
  }),
);

/** One call of each kernel and variant: the others differ from it in sizes and tensors alone, and have its source. */
export const variants: Call[] = [
  ...new Map(calls.map((call) => [`${call.kernel} ${JSON.stringify(call.variant)}`, call])).values(),
];
