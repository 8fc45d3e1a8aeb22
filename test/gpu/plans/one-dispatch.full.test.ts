import { describe, expect, it } from "vitest";
import { type Dense, dense } from "../../../src/model/layer.ts";
import type { Loss } from "../../../src/model/loss.ts";
import { adam, adamw, type Optimizer, sgd } from "../../../src/model/optimizer.ts";
import { cosine, stepDecay } from "../../../src/model/schedule.ts";
import { useDevice } from "../../helpers/device.ts";
import { posing } from "../../helpers/disguise.ts";
import { expectAlike, expectNear, expectSame, withBoth } from "../../helpers/whole-steps.ts";

const device = await useDevice();
const both = { whole: device, fused: device };

/** 45 rows: not a multiple of the batch, so that the last batch of each epoch is partial. */
const data = { inputs: 3, rows: 45, batch: 16 };

/** Trained with all parameters in registers. */
const small = {
  "one layer": [dense(3)],
  "two layers": [dense(8, "relu"), dense(3)],
  "three layers without a bias": [dense(5, "tanh"), dense(4, "sigmoid", { bias: false }), dense(3)],
  "four layers, one of them frozen": [
    dense(4, "tanh"),
    dense(4, "identity", { trainable: false }),
    dense(4, "sigmoid", { trainable: { weights: true, bias: false } }),
    dense(3),
  ],
};

/** Too large for that. */
const larger = {
  "two wide layers": [dense(45, "relu"), dense(3)],
  "three wide layers without a bias": [dense(12, "tanh"), dense(16, "sigmoid", { bias: false }), dense(3)],
};

const optimizers: Readonly<Record<string, Optimizer>> = {
  "sgd with decay of a rate that drops": sgd({
    learningRate: stepDecay({ learningRate: 0.2, every: 7, factor: 0.5 }),
    weightDecay: 0.05,
  }),
  "momentum, decay per step of biases too": sgd({
    learningRate: 0.05,
    momentum: 0.9,
    weightDecay: 0.05,
    decay: "per-step",
    decayBiases: true,
  }),
  adam: adam({ learningRate: cosine({ learningRate: 0.02, steps: 60, warmup: 5 }), weightDecay: 0.05 }),
  adamw: adamw({ learningRate: 0.02, weightDecay: 0.05 }),
};

/** Each network by every other optimizer and each optimizer by every other network: pipelines are slow to compile. */
const casesOf = (networks: Readonly<Record<string, readonly Dense[]>>) =>
  Object.entries(networks).flatMap(([network, layers], index) =>
    Object.entries(optimizers).flatMap(([name, optimizer], at) => {
      const loss: Loss = index < 2 ? "softmaxCrossEntropy" : "halfSquaredError";
      return (index + at) % 2 === 0 ? [{ network, name, layers, optimizer, loss }] : [];
    }),
  );

describe.each([
  { kind: "with parameters in registers", networks: small, registers: true, compare: expectNear },
  { kind: "in workgroup memory", networks: larger, registers: false, compare: expectSame },
])("whole steps $kind", ({ networks, registers, compare }) => {
  it.each(casesOf(networks))("train $network by $name as a dispatch for each layer does", async (given) => {
    await withBoth(both, { ...data, ...given }, async (whole, fused) => {
      expect(whole.plan.steps[0]?.variant).toMatchObject({ registers });
      await expectAlike(whole, fused, [1, 30, 69], compare);
    });
  });
});

describe("whole steps", () => {
  it.each([4, 32])("train alike on a device of %i lanes", async (lanes) => {
    const given = { layers: small["two layers"], optimizer: adam({ learningRate: 0.02, weightDecay: 0.05 }) };
    const own = { whole: posing(device, lanes), fused: device };
    await withBoth(own, { ...data, ...given, loss: "softmaxCrossEntropy" }, async (whole, fused) => {
      expect(whole.plan.steps[0]?.variant).toMatchObject({ registers: true, group: lanes });
      for (const trainer of [whole, fused]) await trainer.step(100);
      await expectNear(whole, fused);
    });
  });
});
