import { describe, expect, it } from "vitest";
import { PlanError } from "../../../src/errors.ts";
import { dense, resolveLayers, sequential } from "../../../src/model/layer.ts";
import { adam } from "../../../src/model/optimizer.ts";
import { buildPredictPlan, buildTrainPlan } from "../../../src/plan/build.ts";
import { formatBytes } from "../../../src/plan/format-bytes.ts";
import { bytesByRole } from "../../../src/plan/memory.ts";
import { resolveTensor } from "../../../src/plan/resolve.ts";
import { refusal } from "../../helpers/refusal.ts";

const layers = resolveLayers(sequential([dense(3, "tanh"), dense(2)]), 4, "softmaxCrossEntropy");
const loss = "softmaxCrossEntropy";

describe("bytesByRole", () => {
  it("adds up 4 bytes a number", () => {
    const optimizer = adam({ learningRate: 0.1, weightDecay: 0.1 });
    const plan = buildTrainPlan({ layers, loss, batch: 8, optimizer, dataRows: 20, shuffle: true });
    const parameters = 3 * 4 + 3 + 2 * 3 + 2;
    const weights = 3 * 4 + 2 * 3;
    expect(bytesByRole(plan)).toEqual({
      control: 4 * 24,
      // X, Y, order, x, y
      data: 4 * (20 * 4 + 20 + 8 + 8 * 4 + 8),
      parameter: 4 * parameters,
      // m and v
      state: 4 * 2 * parameters,
      // z1, h1, o
      activation: 4 * 8 * (3 + 3 + 2),
      // do, dh1, dz1
      delta: 4 * 8 * (2 + 3 + 3),
      // gW, gb and dW
      gradient: 4 * (parameters + weights),
      // scores, squares, ring
      metric: 4 * (8 * 2 + 2 + 1024 * 8),
    });
  });

  it.each([
    // 20 rows of 4 columns, then of an odd number of them.
    [4, 4 * 256 + 80],
    [3, 4 * 256 + 60],
    [7, 4 * 256 + 140],
    [1, 4 * 256 + 20],
  ])("adds up a byte an input of %d columns of bytes, in whole words behind the table of their values", (inputs, X) => {
    const sized = resolveLayers(sequential([dense(2)]), inputs, loss);
    const spec = { layers: sized, loss, batch: 8, optimizer: adam({ learningRate: 0.1 }), shuffle: true } as const;
    const data = (dataRows: number) => bytesByRole(buildTrainPlan({ ...spec, dataRows, bytes: true })).data;
    // Y, order, x, y
    expect(data(20)).toBe(X + 4 * (20 + 8 + 8 * inputs + 8));
    expect(data(21)).toBe(4 * 256 + 4 * Math.ceil((21 * inputs) / 4) + 4 * (21 + 8 + 8 * inputs + 8));
  });

  it("names no role that a plan does not have", () => {
    const roles = Object.keys(bytesByRole(buildPredictPlan({ layers, loss, batch: 8 })));
    expect(roles.sort()).toEqual(["activation", "control", "data", "parameter"]);
  });
});

describe("formatBytes", () => {
  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.0 KiB"],
    [1536, "1.5 KiB"],
    [1024 ** 2, "1.0 MiB"],
    [2.5 * 1024 ** 3, "2.5 GiB"],
    [3 * 1024 ** 4, "3072.0 GiB"],
  ])("%d bytes are %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe("resolveTensor", () => {
  const plan = buildPredictPlan({ layers, loss, batch: 8 });

  it("gives z2 as o, which the last layer's identity makes equal", () => {
    expect(resolveTensor(plan, "z2")).toEqual({ name: "o", tensor: plan.tensors.o });
    expect(resolveTensor(plan, "o").tensor.shape).toEqual([8, 2]);
  });

  it("names the tensors and aliases that there are", () => {
    expect(refusal(() => resolveTensor(plan, "dW1"))).toBe(
      'PlanError: predict plan: got tensor "dW1", expected one of control, x, W1, b1, z1, h1, W2, b2, o, h2, z2; ask for a tensor of this plan.',
    );
  });

  it.each(["toString", "constructor", "__proto__", ""])('knows no tensor "%s"', (name) => {
    expect(() => resolveTensor(plan, name)).toThrow(PlanError);
  });
});
