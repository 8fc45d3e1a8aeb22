import { describe, expect, it } from "vitest";
import { torchLinear } from "../../../src/model/initializer.ts";
import { type DenseOptions, dense, sequential } from "../../../src/model/layer.ts";
import type { Loss } from "../../../src/model/loss.ts";
import { checkLoss, initialParameters, parameterSpecs, resolveNetwork } from "../../../src/run/network.ts";
import { checkParameter, checkParameters } from "../../../src/run/parameters.ts";
import { refusal } from "../../helpers/refusal.ts";

const network = resolveNetwork(
  sequential([dense(3, "relu"), dense(5), dense(4, "tanh", { bias: false }), dense(2)]),
  6,
  "softmaxCrossEntropy",
);

describe("resolveNetwork", () => {
  it("knows the columns of the data and the outputs", () => {
    expect([network.inputs, network.outputs, network.layers.length]).toEqual([6, 2, 4]);
  });
});

describe("checkLoss", () => {
  it("refuses an unknown loss", () => {
    expect(refusal(() => checkLoss("hinge" as Loss))).toBe(
      'ModelError: model: loss: got "hinge", expected one of halfSquaredError, softmaxCrossEntropy; choose one of these.',
    );
  });
});

describe("parameterSpecs", () => {
  it("numbers layers as an nn.Sequential does, in which each activation but the identity is a module", () => {
    // Linear 0, ReLU 1, Linear 2, Linear 3, Tanh 4, Linear 5
    expect(parameterSpecs(network.layers)).toEqual([
      { name: "W1", key: "0.weight", shape: [3, 6] },
      { name: "b1", key: "0.bias", shape: [3] },
      { name: "W2", key: "2.weight", shape: [5, 3] },
      { name: "b2", key: "2.bias", shape: [5] },
      { name: "W3", key: "3.weight", shape: [4, 5] },
      { name: "W4", key: "5.weight", shape: [2, 4] },
      { name: "b4", key: "5.bias", shape: [2] },
    ]);
  });
});

describe("initialParameters", () => {
  it("gives every parameter by name, in its size, biases 0 and weights not", () => {
    const parameters = initialParameters(network.layers, 1);
    const sizes = Object.entries(parameters).map(([name, { length }]) => [name, length]);
    const expected = parameterSpecs(network.layers).map(({ name, shape }) => [name, shape.reduce((a, b) => a * b, 1)]);
    expect(sizes).toEqual(expected);
    for (const [name, values] of Object.entries(parameters)) {
      expect(values.every((value) => (value === 0) === name.startsWith("b"))).toBe(true);
    }
  });

  it("gives the weights that it has given from the first, whatever the biases begin with", () => {
    const layers = (options: DenseOptions) =>
      resolveNetwork(sequential([dense(2, "relu", options), dense(1, "tanh", options)]), 2, "halfSquaredError").layers;
    const zero = initialParameters(layers({}), 7);
    expect(Array.from(zero.W1 ?? [])).toEqual([
      1.0710532665252686, -0.9359198212623596, -1.6826305389404297, 1.4967966079711914,
    ]);
    expect(Array.from(zero.W2 ?? [])).toEqual([-1.276079535484314, -1.047843337059021]);
    const drawn = initialParameters(layers({ biasInitializer: torchLinear() }), 7);
    expect([drawn.W1, drawn.W2]).toEqual([zero.W1, zero.W2]);
  });

  it("draws biases as asked, from the layer's inputs, each layer and seed anew and none as weights", () => {
    const options = { initializer: torchLinear(), biasInitializer: torchLinear() };
    const layers = resolveNetwork(
      sequential([dense(400, "tanh", options), dense(400, "tanh", options)]),
      1,
      "halfSquaredError",
    ).layers;
    const { W1, b1 = [], b2 = [] } = initialParameters(layers, 1);
    // The first layer has one input, so that W1 and b1 are of one length, from one distribution on ±1.
    expect(b1).not.toEqual(W1);
    expect(b2).not.toEqual(b1);
    expect(b1).not.toEqual(initialParameters(layers, 2).b1);
    // All of 400 miss the outermost 20/400 of a half but once in e¹⁰ = 22,000 times.
    for (const [biases, limit] of [
      [b1, 1],
      [b2, 1 / 20],
    ] as const) {
      expect(Math.max(...biases)).toBeLessThanOrEqual(Math.fround(limit));
      expect(Math.min(...biases)).toBeGreaterThanOrEqual(-Math.fround(limit));
      expect(Math.max(...biases)).toBeGreaterThan(limit * 0.95);
      expect(Math.min(...biases)).toBeLessThan(limit * -0.95);
    }
    // Independent of the weights: the mean of n products has the deviation σ²/√n, with σ² = 1/3.
    const products = Array.from(b1, (value, index) => value * (W1?.[index] ?? Number.NaN));
    const mean = products.reduce((sum, value) => sum + value, 0) / products.length;
    expect(Math.abs(mean)).toBeLessThanOrEqual(4 / 3 / Math.sqrt(400));
  });

  it("draws each layer anew, and each seed", () => {
    const square = resolveNetwork(sequential([dense(6), dense(6)]), 6, "halfSquaredError").layers;
    const [first, second] = [initialParameters(square, 1), initialParameters(square, 2)];
    expect(first.W1).not.toEqual(first.W2);
    expect(first.W1).not.toEqual(second.W1);
    expect(first).toEqual(initialParameters(square, 1));
  });
});

describe("a parameter from outside", () => {
  it("is refused in another size", () => {
    expect(
      refusal(() => checkParameter("setParameters", { name: "W1", key: "", shape: [3, 6] }, new Float32Array(17))),
    ).toBe(
      "ShapeError: setParameters: W1: got 17 values, expected 18 for [3, 6]; give the values row-major, one for each element.",
    );
  });

  it("is taken as float32, in memory of its own", () => {
    const given = new Float32Array([1, 2]);
    const taken = checkParameter("setParameters", { name: "b1", key: "", shape: [2] }, given);
    expect(taken).toEqual(given);
    expect(taken).not.toBe(given);
    expect(checkParameter("setParameters", { name: "b1", key: "", shape: [1] }, [0.1])).toEqual(
      new Float32Array([0.1]),
    );
  });

  it("is refused under a name that the network does not have", () => {
    expect(
      refusal(() => checkParameters("setParameters", { W9: [] }, parameterSpecs(network.layers).slice(0, 2))),
    ).toBe('PlanError: setParameters: got parameter "W9", expected one of W1, b1; name a parameter of this network.');
  });
});
