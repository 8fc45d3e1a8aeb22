import { describe, expect, it } from "vitest";
import { dense, sequential } from "../../../src/model/layer.ts";
import type { Loss } from "../../../src/model/loss.ts";
import { checkLoss, initialParameters, parameterSpecs, resolveNetwork } from "../../../src/run/network.ts";
import { checkParameter, unknownParameter } from "../../../src/run/parameters.ts";
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
    expect(refusal(() => checkParameter("setParameters", "W1", [3, 6], new Float32Array(17)))).toBe(
      "ShapeError: setParameters: W1: got 17 values, expected 18 for [3, 6]; give the values row-major, one for each element.",
    );
  });

  it("is taken as float32, in memory of its own", () => {
    const given = new Float32Array([1, 2]);
    const taken = checkParameter("setParameters", "b1", [2], given);
    expect(taken).toEqual(given);
    expect(taken).not.toBe(given);
    expect(checkParameter("setParameters", "b1", [1], [0.1])).toEqual(new Float32Array([0.1]));
  });

  it("is refused under a name that the network does not have", () => {
    expect(refusal(() => unknownParameter("setParameters", "W9", ["W1", "b1"]))).toBe(
      'PlanError: setParameters: got parameter "W9", expected one of W1, b1; name a parameter of this network.',
    );
  });
});
