import { describe, expect, it } from "vitest";
import {
  CONTROL_WORDS,
  type ControlField,
  controlFields,
  controlNames,
  decodeControl,
  encodeControl,
  initialControl,
  RECORD_WORDS,
} from "../../../src/kernels/control.ts";
import { boundOperands, type Call, dimsOf, kernels, sourceOf, workgroupsOf } from "../../../src/kernels/index.ts";
import { dense, resolveLayers, sequential } from "../../../src/model/layer.ts";
import { adam, adamw, type Optimizer, sgd } from "../../../src/model/optimizer.ts";
import { cosine, stepDecay } from "../../../src/model/schedule.ts";
import { buildEvaluatePlan, buildTrainPlan } from "../../../src/plan/build.ts";

const optimizers: Optimizer[] = [
  sgd({ learningRate: 0.1, weightDecay: 0.1 }),
  sgd({ learningRate: stepDecay({ learningRate: 0.1, every: 2, factor: 0.5 }), momentum: 0.9, decay: "per-step" }),
  adam({ learningRate: cosine({ learningRate: 0.1, steps: 9 }), weightDecay: 0.1 }),
  adamw({ learningRate: 0.1, weightDecay: 0.1 }),
];

/** A call of every kernel, in the variants that plans use. */
const calls: Call[] = (["halfSquaredError", "softmaxCrossEntropy"] as const).flatMap((loss) => {
  const layers = resolveLayers(
    sequential([dense(3, "tanh"), dense(3, "relu", { bias: false }), dense(3, "sigmoid"), dense(2)]),
    4,
    loss,
  );
  const spec = { layers, loss, batch: 8 };
  return [
    ...optimizers.flatMap((optimizer) => buildTrainPlan({ ...spec, optimizer, dataRows: 20, shuffle: true }).steps),
    ...buildEvaluatePlan(spec).steps,
  ];
});

/** A field of the control block as its 32 bits hold it. */
const stored = (name: ControlField, value: number) => (controlFields[name] === "f32" ? Math.fround(value) : value);

describe("the control block", () => {
  const options = { dataRows: 20, batch: 8, seed: 2 ** 32 - 1 };

  it("fills whole slices of 16 bytes, as a uniform buffer needs", () => {
    expect(CONTROL_WORDS % 4).toBe(0);
    expect(controlNames).toHaveLength(CONTROL_WORDS);
  });

  it.each(optimizers)("holds what $kind needs, and comes back from its bytes as float32 has it", (optimizer) => {
    const values = initialControl({ ...options, optimizer });
    const back = decodeControl(encodeControl(values));
    for (const name of controlNames) expect([name, back[name]]).toEqual([name, stored(name, values[name])]);
    expect(back).toMatchObject({ step: 0, halted: 0, rows: 8, dataRows: 20, batch: 8, seed: 2 ** 32 - 1 });
    expect(back.weightDecay).toBe(Math.fround(optimizer.weightDecay));
    expect(back.baseLearningRate).toBe(Math.fround(0.1));
  });

  it("takes the data's rows for a batch that is larger", () => {
    expect(initialControl({ ...options, optimizer: sgd({ learningRate: 1 }), batch: 64 }).rows).toBe(20);
  });
});

describe("every kernel", () => {
  it("is part of some plan of these tests", () => {
    expect([...new Set(calls.map(({ kernel }) => kernel))].sort()).toEqual(Object.keys(kernels).sort());
  });

  it("bears the name it is listed under", () => {
    for (const [name, kernel] of Object.entries(kernels)) expect(kernel.name).toBe(name);
  });

  it("declares its operands as bindings 1, 2, … of its shader, with the access that it says", () => {
    for (const call of calls) {
      const found = [...sourceOf(call).matchAll(/@group\(0\) @binding\((\d+)\) var<([a-z_, ]+)> (\w+)/g)];
      const kinds = found.map(([, binding, space]) => `${binding} ${space}`);
      const expected = boundOperands(call).map(({ access }, index) => {
        const space = { uniform: "uniform", read: "storage, read", readWrite: "storage, read_write" }[access];
        return `${index + 1} ${space}`;
      });
      expect([call.kernel, ...kinds]).toEqual([call.kernel, "0 uniform", ...expected]);
    }
  });

  it("leaves no trace of a template or of the preprocessor in its shader", () => {
    for (const call of calls) expect(sourceOf(call)).not.toMatch(/undefined|\[object|NaN|^\s*#/m);
  });

  it("gives every size that its shader declares", () => {
    for (const call of calls) {
      expect(dimsOf(call)).toHaveLength(kernels[call.kernel].dims.length);
      expect(dimsOf(call).every((size) => Number.isInteger(size) && size >= 0)).toBe(true);
    }
  });
});

describe("the grid of an elementwise kernel", () => {
  const grid = (elements: number) =>
    workgroupsOf({ kernel: "decayGradient", variant: {}, dims: { elements }, bind: { control: "control" } });

  it.each([
    [1, [1, 1]],
    [64, [1, 1]],
    [65, [2, 1]],
    [64 * 65_535, [65_535, 1]],
  ])("covers %d elements in one dimension while that is allowed", (elements, expected) => {
    expect(grid(elements)).toEqual(expected);
  });

  it.each([64 * 65_535 + 1, 64 * 65_535 * 3 + 1, 2 ** 30])(
    "covers %d elements in two, with less than a row to spare",
    (n) => {
      const [x, y] = grid(n);
      const needed = Math.ceil(n / 64);
      expect(Math.max(x, y)).toBeLessThanOrEqual(65_535);
      expect(x * y).toBeGreaterThanOrEqual(needed);
      expect(x * y - needed).toBeLessThan(y);
    },
  );
});

describe("the ring of metrics", () => {
  it("has lines of as many words as record's shader writes", () => {
    const record = calls.find(({ kernel }) => kernel === "record");
    if (record === undefined) throw new Error("no record");
    const offsets = [...sourceOf(record).matchAll(/ring\[at(?: \+ (\d+)u)?\] =/g)].map(([, offset = "0"]) =>
      Number(offset),
    );
    expect(offsets).toEqual(Array.from({ length: RECORD_WORDS }, (_, index) => index));
  });
});
