import { dense } from "../../src/model/layer.ts";
import { adam, adamw, sgd } from "../../src/model/optimizer.ts";
import { cosine, stepDecay } from "../../src/model/schedule.ts";
import type { Network } from "./two-plans.ts";

const stairs = (learningRate: number) => stepDecay({ learningRate, every: 30, factor: 0.7 });
const warm = (learningRate: number) =>
  cosine({ learningRate, steps: 90, warmup: 10, finalLearningRate: 0.1 * learningRate });

/** Every optimizer and loss, 1 to 4 layers, outputs that stay in registers (up to 32) and that do not, each part frozen. */
export const fusedNetworks: Readonly<Record<string, Network>> = {
  "1 layer, sgd": {
    inputs: 17,
    layers: [dense(10)],
    loss: "softmaxCrossEntropy",
    optimizer: sgd({ learningRate: stairs(0.2), weightDecay: 0.1 }),
  },
  "1 wide layer, momentum per step": {
    inputs: 5,
    layers: [dense(33, "tanh")],
    loss: "halfSquaredError",
    optimizer: sgd({ learningRate: warm(0.02), momentum: 0.9, weightDecay: 0.01, decay: "per-step" }),
  },
  "2 layers, adam": {
    inputs: 2,
    layers: [dense(8, "tanh"), dense(2)],
    loss: "softmaxCrossEntropy",
    optimizer: adam({ learningRate: stairs(0.01), weightDecay: 0.2 }),
  },
  "2 layers, the last wide, adamw": {
    inputs: 3,
    layers: [dense(33, "sigmoid"), dense(40)],
    loss: "softmaxCrossEntropy",
    optimizer: adamw({ learningRate: warm(0.01), weightDecay: 0.1 }),
  },
  "3 layers without bias, momentum": {
    inputs: 7,
    layers: [
      dense(12, "relu", { bias: false }),
      dense(9, "tanh", { bias: false }),
      dense(32, "sigmoid", { bias: false }),
    ],
    loss: "halfSquaredError",
    optimizer: sgd({ learningRate: warm(0.05), momentum: 0.8, weightDecay: 0.3 }),
  },
  "3 layers with a frozen one, weights and bias frozen, adam": {
    inputs: 7,
    layers: [
      dense(12, "tanh", { trainable: { weights: false, bias: true } }),
      dense(9, "sigmoid", { trainable: false }),
      dense(5, "identity", { trainable: { weights: true, bias: false } }),
    ],
    loss: "softmaxCrossEntropy",
    optimizer: adam({ learningRate: stairs(0.01), weightDecay: 0.1, decay: "per-step" }),
  },
  "4 layers, the last wide, biases decay too, sgd": {
    inputs: 4,
    layers: [dense(6, "tanh"), dense(35, "identity"), dense(5, "sigmoid"), dense(36, "tanh")],
    loss: "halfSquaredError",
    optimizer: sgd({ learningRate: warm(0.03), weightDecay: 0.2, decayBiases: true }),
  },
  "4 layers, the first frozen, adamw": {
    inputs: 4,
    layers: [dense(6, "tanh", { trainable: false }), dense(8, "relu"), dense(5, "sigmoid"), dense(1)],
    loss: "halfSquaredError",
    optimizer: adamw({ learningRate: stairs(0.01), weightDecay: 0.3 }),
  },
  "frozen weights under biases that decay, sgd": {
    inputs: 3,
    layers: [dense(6, "tanh", { trainable: { weights: false, bias: true } }), dense(4)],
    loss: "softmaxCrossEntropy",
    optimizer: sgd({ learningRate: 0.2, weightDecay: 0.5, decayBiases: true }),
  },
  "frozen weights everywhere under biases that decay, momentum": {
    inputs: 3,
    layers: [dense(4, "identity", { trainable: { weights: false, bias: true } })],
    loss: "softmaxCrossEntropy",
    optimizer: sgd({ learningRate: 0.2, momentum: 0.5, weightDecay: 0.5, decayBiases: true }),
  },
  "nothing to train": {
    inputs: 3,
    layers: [dense(4, "tanh", { trainable: false }), dense(2, "sigmoid", { trainable: false })],
    loss: "halfSquaredError",
    optimizer: sgd({ learningRate: 0.2, weightDecay: 0.5 }),
  },
};
