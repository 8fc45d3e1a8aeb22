import { describe, expect, it } from "vitest";
import { dense, resolveLayers, sequential } from "../../../src/model/layer.ts";
import { adam, adamw, sgd } from "../../../src/model/optimizer.ts";
import { cosine, stepDecay } from "../../../src/model/schedule.ts";
import { buildEvaluatePlan, buildPredictPlan, buildTrainPlan } from "../../../src/plan/build.ts";
import { formatPlan } from "../../../src/plan/format.ts";
import { fuse } from "../../../src/plan/passes/fuse.ts";
import { oneDispatch } from "../../../src/plan/passes/one-dispatch.ts";

const layers = resolveLayers(sequential([dense(3, "tanh"), dense(2)]), 4, "softmaxCrossEntropy");
const spec = { layers, loss: "softmaxCrossEntropy", batch: 8 } as const;

describe("formatPlan", () => {
  it("prints a training step with penalty as its formulas", () => {
    const optimizer = sgd({ learningRate: 0.1, weightDecay: 0.3 });
    const plan = buildTrainPlan({ ...spec, optimizer, dataRows: 20, shuffle: true });
    expect(formatPlan(plan)).toMatchInlineSnapshot(`
      "phase     out                       = kernel(inputs)                 variant
      begin     control [24]              = advance()                      t ← t + 1, constant η, λ̃ = λ
      begin     order [8]                 = sample()                       π(seed, epoch) of start + i
      begin     x [8, 4]                  = gatherRows(order, X)           rows in this step's order
      begin     y [8]                     = gatherRows(order, Y)           rows in this step's order
      forward   z1 [8, 3]                 = matmul(x, W1, b1)              a bᵀ + bias
      forward   h1 [8, 3]                 = activation(z1)                 tanh
      forward   o [8, 2]                  = matmul(h1, W2, b2)             a bᵀ + bias
      loss      scores [8, 2], do [8, 2]  = loss(o, y)                     softmaxCrossEntropy
      loss      squares [2]               = penalty(W1)                    ‖W‖²
      loss      squares [2]               = penalty(W2)                    ‖W‖²
      loss      ring [1024, 8]            = record(scores, squares)        L = Σℓ, s = λ̃/2 Σ‖W‖², J = L + s
      backward  gW2 [2, 3]                = matmul(do, h1)                 aᵀ b
      backward  dW2 [2, 3]                = decayGradient(gW2, W2)         gW + λ̃W
      backward  gb2 [2]                   = sumRows(do)                    Σ over the batch
      backward  dh1 [8, 3]                = matmul(do, W2)                 a b
      backward  dz1 [8, 3]                = gradientMultiply(dh1, z1, h1)  tanh′
      backward  gW1 [3, 4]                = matmul(dz1, x)                 aᵀ b
      backward  dW1 [3, 4]                = decayGradient(gW1, W1)         gW + λ̃W
      backward  gb1 [3]                   = sumRows(dz1)                   Σ over the batch
      update    W1 [3, 4]                 = weightUpdate(gW1, W1)          sgd: w ← (1 − ηλ/|B|)w − (η/|B|)Σ∂ℓ
      update    b1 [3]                    = weightUpdate(gb1, b1)          sgd: w ← w − (η/|B|)Σ∂ℓ
      update    W2 [2, 3]                 = weightUpdate(gW2, W2)          sgd: w ← (1 − ηλ/|B|)w − (η/|B|)Σ∂ℓ
      update    b2 [2]                    = weightUpdate(gb2, b2)          sgd: w ← w − (η/|B|)Σ∂ℓ
      equal: h2 = o, z2 = o, dz2 = do, db2 = gb2, db1 = gb1
      23 dispatches, 1,095 floating-point operations a step of 8 rows
      33.5 KiB: control 96 B, data 592 B, parameter 92 B, activation 256 B, metric 32.1 KiB, delta 256 B, gradient 164 B"
    `);
  });

  it("prints the plan that judges", () => {
    expect(formatPlan(buildEvaluatePlan(spec))).toMatchInlineSnapshot(`
      "phase    out             = kernel(inputs)      variant
      forward  z1 [8, 3]       = matmul(x, W1, b1)   a bᵀ + bias
      forward  h1 [8, 3]       = activation(z1)      tanh
      forward  o [8, 2]        = matmul(h1, W2, b2)  a bᵀ + bias
      loss     scores [8, 2]   = loss(o, y)          softmaxCrossEntropy
      loss     ring [1024, 8]  = record(scores)      J = L = Σℓ
      equal: h2 = o, z2 = o
      5 dispatches, 456 floating-point operations a step of 8 rows
      32.7 KiB: control 96 B, data 160 B, parameter 92 B, activation 256 B, metric 32.1 KiB"
    `);
  });

  it("prints the plan that predicts", () => {
    expect(formatPlan(buildPredictPlan(spec))).toMatchInlineSnapshot(`
      "phase    out        = kernel(inputs)      variant
      forward  z1 [8, 3]  = matmul(x, W1, b1)   a bᵀ + bias
      forward  h1 [8, 3]  = activation(z1)      tanh
      forward  o [8, 2]   = matmul(h1, W2, b2)  a bᵀ + bias
      equal: h2 = o, z2 = o
      3 dispatches, 352 floating-point operations a step of 8 rows
      572 B: control 96 B, data 128 B, parameter 92 B, activation 256 B"
    `);
  });

  it.each([
    ["sgd", sgd({ learningRate: 1 }), "sgd: w ← w − (η/|B|)Σ∂ℓ"],
    ["sgd per batch", sgd({ learningRate: 1, weightDecay: 1 }), "sgd: w ← (1 − ηλ/|B|)w − (η/|B|)Σ∂ℓ"],
    ["sgd per step", sgd({ learningRate: 1, weightDecay: 1, decay: "per-step" }), "sgd: w ← (1 − ηλ)w − (η/|B|)Σ∂ℓ"],
    [
      "momentum per batch",
      sgd({ learningRate: 1, weightDecay: 1, momentum: 0.9 }),
      "momentum: g = Σ∂ℓ/|B| + λw/|B|, v ← μv + g, w ← w − ηv",
    ],
    [
      "momentum per step",
      sgd({ learningRate: 1, weightDecay: 1, momentum: 0.9, decay: "per-step" }),
      "momentum: g = Σ∂ℓ/|B| + λw, v ← μv + g, w ← w − ηv",
    ],
    ["adam", adam({ learningRate: 1 }), "adam: g = Σ∂ℓ/|B|, w ← w − ηm̂/(√v̂ + ε)"],
    ["adam per batch", adam({ learningRate: 1, weightDecay: 1 }), "adam: g = Σ∂ℓ/|B| + λw/|B|, w ← w − ηm̂/(√v̂ + ε)"],
    [
      "adam per step",
      adam({ learningRate: 1, weightDecay: 1, decay: "per-step" }),
      "adam: g = Σ∂ℓ/|B| + λw, w ← w − ηm̂/(√v̂ + ε)",
    ],
    ["adamw", adamw({ learningRate: 1, weightDecay: 1 }), "adamw: w ← (1 − ηλ)w, g = Σ∂ℓ/|B|, w ← w − ηm̂/(√v̂ + ε)"],
  ])("prints the update of %s, so that nobody has to guess its decay", (_, optimizer, formula) => {
    const plan = buildTrainPlan({ ...spec, optimizer, dataRows: 20, shuffle: true });
    const line = formatPlan(plan)
      .split("\n")
      .find((text) => text.includes("weightUpdate(gW1,"));
    expect(line?.endsWith(`  ${formula}`)).toBe(true);
  });

  it("says where rows of bytes are read", () => {
    const optimizer = sgd({ learningRate: 1 });
    const textbook = buildTrainPlan({ ...spec, optimizer, dataRows: 20, shuffle: true, bytes: true });
    const fused = fuse(textbook);
    const oneLayer = resolveLayers(sequential([dense(2)]), 4, "softmaxCrossEntropy");
    const direct = fuse(
      buildTrainPlan({ ...spec, layers: oneLayer, optimizer, dataRows: 20, shuffle: true, bytes: true }),
    );
    const labels = [textbook, fused, direct, oneDispatch(fused)].map((plan) =>
      formatPlan(plan)
        .split("\n")
        .filter((line) => line.includes("of bytes"))
        .map((line) => line.replace(/^.*= (\S+)\(([^)]*)\)\s+.*(rows of bytes [^,]*).*$/, "$1($2): $3")),
    );
    expect(labels).toEqual([
      ["gatherRows(order, X): rows of bytes in this step's order"],
      ["layerForward(X, W1, b1, order): rows of bytes by order"],
      ["outputLoss(X, W1, Y, b1, order): rows of bytes by order"],
      ["layerForward(X, W1, h1, b1, order): rows of bytes by order"],
    ]);
  });

  it.each([
    ["constant", 0.1],
    ["step", stepDecay({ learningRate: 0.1, every: 2, factor: 0.5 })],
    ["cosine", cosine({ learningRate: 0.1, steps: 9 })],
  ] as const)("names a %s schedule", (kind, learningRate) => {
    const plan = buildTrainPlan({ ...spec, optimizer: sgd({ learningRate }), dataRows: 20, shuffle: true });
    expect(formatPlan(plan).split("\n")[1]).toMatch(new RegExp(`t ← t \\+ 1, ${kind} η, λ̃ = λ$`));
  });

  it("tells the stored order from a new one each epoch", () => {
    const texts = [true, false].map(
      (shuffle) =>
        formatPlan(buildTrainPlan({ ...spec, optimizer: sgd({ learningRate: 1 }), dataRows: 20, shuffle })).split(
          "\n",
        )[2],
    );
    expect(texts[0]).toMatch(/ {2}π\(seed, epoch\) of start \+ i$/);
    expect(texts[1]).toMatch(/ {2}start \+ i$/);
    expect(texts[1]).not.toMatch(/π/);
  });
});
