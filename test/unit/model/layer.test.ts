import { describe, expect, it } from "vitest";
import type { Activation } from "../../../src/model/activation.ts";
import { type Dense, dense, resolveLayers, sequential } from "../../../src/model/layer.ts";
import { refusal } from "../../helpers/refusal.ts";

const resolve = (...layers: Dense[]) => resolveLayers(sequential(layers), 4, "halfSquaredError");

describe("dense", () => {
  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])("refuses %d units", (units) => {
    expect(refusal(() => dense(units))).toBe(
      `ShapeError: dense: got units ${units}, expected a whole number from 1 to 4294967295; set units to a whole number from 1 to 4294967295.`,
    );
  });

  it.each([0, -1, 1.5])("refuses %d inputs", (inputs) => {
    expect(refusal(() => dense(3, "relu", { inputs }))).toBe(
      `ShapeError: dense: got inputs ${inputs}, expected a whole number from 1 to 4294967295; set inputs to a whole number from 1 to 4294967295.`,
    );
  });

  it("refuses an unknown activation", () => {
    expect(refusal(() => dense(3, "swish" as Activation))).toBe(
      'ModelError: dense: got activation "swish", expected one of identity, relu, sigmoid, tanh; choose one of these.',
    );
  });

  it("describes a layer as plain data", () => {
    expect(dense(3)).toStrictEqual({ kind: "dense", units: 3, activation: "identity" });
    const layer = dense(3, "relu", { inputs: 4, bias: false, trainable: false });
    expect(JSON.parse(JSON.stringify(layer))).toStrictEqual(layer);
  });
});

describe("sequential", () => {
  it("refuses no layers, and no list", () => {
    for (const [given, got] of [
      [[], "no layers"],
      [undefined, "undefined"],
      [dense(3), "a value of type Object"],
    ] as const) {
      expect(refusal(() => sequential(given as never))).toBe(
        `ModelError: sequential: got ${got}, expected a list of at least one layer; list layers such as [dense(10)].`,
      );
    }
  });

  it("refuses what is no layer", () => {
    expect(refusal(() => sequential([dense(3), 4 as unknown as Dense]))).toBe(
      "ModelError: sequential: layer 2: got 4, expected a layer; describe it with dense(units, activation).",
    );
  });

  it("keeps its own list of layers", () => {
    const layers = [dense(3)];
    const model = sequential(layers);
    layers.push(dense(2));
    expect(model.layers).toHaveLength(1);
  });
});

describe("resolveLayers", () => {
  it("gives each layer the units of the one before as inputs", () => {
    const sizes = resolve(dense(3), dense(5), dense(2)).map(({ inputs, units }) => [inputs, units]);
    expect(sizes).toEqual([
      [4, 3],
      [3, 5],
      [5, 2],
    ]);
  });

  it("fills in a bias, training of all, and an initializer that fits the activation", () => {
    const [first, second] = resolve(dense(3, "relu"), dense(2, "tanh", { trainable: false }));
    expect(first).toMatchObject({ bias: true, trainable: { weights: true, bias: true }, initializer: { kind: "he" } });
    expect(second).toMatchObject({ trainable: { weights: false, bias: false }, initializer: { kind: "glorot" } });
  });

  it("takes inputs that fit", () => {
    expect(() => resolve(dense(3, "relu", { inputs: 4 }), dense(2, "relu", { inputs: 3 }))).not.toThrow();
  });

  it("refuses a first layer that does not fit the data", () => {
    expect(refusal(() => resolve(dense(3, "relu", { inputs: 5 })))).toBe(
      "ShapeError: model: layer 1: got 5 inputs, expected 4, the columns of the data; set layer 1's inputs to 4 or leave them out.",
    );
  });

  it("refuses a later layer that does not fit the one before", () => {
    expect(refusal(() => resolve(dense(65), dense(2, "relu", { inputs: 64 })))).toBe(
      "ShapeError: model: layer 2: got 64 inputs, expected 65, the units of layer 1; set layer 2's inputs to 65 or leave them out.",
    );
  });

  it.each([0, 2.5])("refuses data of %d columns", (columns) => {
    expect(refusal(() => resolveLayers(sequential([dense(1)]), columns, "halfSquaredError"))).toBe(
      `ShapeError: model: got inputs ${columns}, expected a whole number from 1 to 4294967295; set inputs to a whole number from 1 to 4294967295.`,
    );
  });

  it("refuses an activation before the softmax, and only there", () => {
    const model = sequential([dense(3, "relu"), dense(2, "sigmoid")]);
    expect(refusal(() => resolveLayers(model, 4, "softmaxCrossEntropy"))).toBe(
      'ModelError: model: layer 2: got activation "sigmoid" before softmaxCrossEntropy, expected "identity", since the loss takes logits and applies the softmax itself; leave the last layer\'s activation out.',
    );
    expect(() => resolveLayers(model, 4, "halfSquaredError")).not.toThrow();
    expect(() => resolveLayers(sequential([dense(3, "relu"), dense(2)]), 4, "softmaxCrossEntropy")).not.toThrow();
  });
});
