import { describe, test } from "vitest";
import { dense } from "../../../src/model/layer.ts";
import { useDevice } from "../../helpers/device.ts";
import { ruleOf } from "../../helpers/networks.ts";
import { BATCHES, INPUTS, OUTPUTS, onPalette, ROWS, TWO_EPOCHS, UNITS, WIDE } from "../../helpers/palette.ts";
import { expectPlansToAgree, type Network } from "../../helpers/two-plans.ts";

const device = onPalette(await useDevice());

/** Two epochs, each of three full batches and one of 4 rows. */
const course = { rows: ROWS, batch: BATCHES[0], steps: TWO_EPOCHS, reports: 2 };

const noBias = { bias: false };
const onlyBias = { trainable: { weights: false, bias: true } };
const onlyWeights = { trainable: { weights: true, bias: false } };

/**
 * What a layer may lack, and outputs that do not stay in registers. All else meets in the trajectories, where each of the two
 * plans equals the reference.
 */
const networks: Readonly<Record<string, Omit<Network, "inputs"> & { readonly inputs?: number }>> = {
  "no bias, momentum": {
    layers: [dense(UNITS[0], "relu", noBias), dense(UNITS[1], "tanh", noBias), dense(OUTPUTS, "sigmoid", noBias)],
    loss: "halfSquaredError",
    optimizer: ruleOf("momentum, λ per step"),
  },
  "the last layer wide, biases decay too, sgd": {
    inputs: WIDE,
    layers: [dense(WIDE, "tanh"), dense(WIDE, "sigmoid")],
    loss: "halfSquaredError",
    optimizer: ruleOf("sgd, λ per step, of biases too"),
  },
  "a frozen layer, weights and bias frozen, adam": {
    layers: [
      dense(UNITS[0], "tanh", onlyBias),
      dense(UNITS[1], "sigmoid", { trainable: false }),
      dense(OUTPUTS, "identity", onlyWeights),
    ],
    loss: "softmaxCrossEntropy",
    optimizer: ruleOf("adam, λ per step, of biases too"),
  },
  "the first layer frozen, adamw": {
    layers: [dense(UNITS[0], "tanh", { trainable: false }), dense(UNITS[1], "relu"), dense(OUTPUTS)],
    loss: "halfSquaredError",
    optimizer: ruleOf("adamw, λ"),
  },
  "frozen weights everywhere under biases that decay, momentum": {
    layers: [dense(OUTPUTS, "identity", onlyBias)],
    loss: "softmaxCrossEntropy",
    optimizer: ruleOf("momentum, λ of biases too"),
  },
  "nothing to train": {
    layers: [dense(UNITS[0], "tanh", { trainable: false }), dense(OUTPUTS, "sigmoid", { trainable: false })],
    loss: "halfSquaredError",
    optimizer: ruleOf("sgd, λ"),
  },
};

describe("the fused plan trains as the textbook plan does over two epochs", () => {
  test.each(Object.entries(networks))("%s", (_, network) =>
    expectPlansToAgree(device, { inputs: INPUTS, ...network }, course),
  );
});
