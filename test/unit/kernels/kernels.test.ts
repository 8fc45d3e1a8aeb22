import { describe, expect, it, vi } from "vitest";
import { sourceOf } from "../../../shaders/index.ts";
import {
  CONTROL_WORDS,
  type ControlField,
  type ControlValues,
  controlFields,
  controlNames,
  encodeControl,
  initialControl,
  RECORD_WORDS,
} from "../../../src/kernels/control.ts";
import { controlAfter, decodeControl } from "../../../src/kernels/control-after.ts";
import { boundOperands, dimsOf, kernels, workgroupsOf } from "../../../src/kernels/index.ts";
import { adam, type Optimizer, sgd } from "../../../src/model/optimizer.ts";
import { stepDecay } from "../../../src/model/schedule.ts";
import { advanceControl } from "../../../src/reference/advance.ts";
import { calls, optimizers, variants } from "../../helpers/calls.ts";
import { expectClose, UNIT_ROUNDOFF } from "../../helpers/compare.ts";

/** Distinct calls by their source: those of one source differ in sizes and tensors alone. */
const sources = new Map(await Promise.all(variants.map(async (call) => [await sourceOf(call), call] as const)));

/** What a binding's type is made of: numbers, alone or in vectors, or the control block, which some bind as atomic words. */
const numberOf = (type: string): string => {
  if (["Control", "array<Control>", "array<atomic<u32>>"].includes(type)) return "control";
  return type.replace(/^array<(?:vec[24]<?)?(\w+?)>*$/, "$1").replace(/^f$/, "f32");
};

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

  it("holds 1 − β rounded once", () => {
    const { rest1, rest2, beta2 } = decodeControl(
      encodeControl(initialControl({ ...options, optimizer: adam({ learningRate: 1 }) })),
    );
    expect([rest1, rest2]).toEqual([Math.fround(1 - 0.9), Math.fround(1 - 0.999)]);
    // Out of the rounded β₂ it would be another number.
    expect(rest2).not.toBe(Math.fround(1 - beta2));
    expect(initialControl({ ...options, optimizer: sgd({ learningRate: 1 }) })).toMatchObject({ rest1: 0, rest2: 0 });
  });

  it("takes the data's rows for a batch that is larger", () => {
    expect(initialControl({ ...options, optimizer: sgd({ learningRate: 1 }), batch: 64 }).rows).toBe(20);
  });
});

describe("controlAfter", () => {
  const rates = { dataRows: 20, batch: 8, seed: 3 };
  const begun = (optimizer: Optimizer) => decodeControl(encodeControl(initialControl({ ...rates, optimizer })));
  const { fround } = Math;

  /** The control block after so many runs of `advance`, in double precision out of a block of float32. */
  function advanced(optimizer: Optimizer, steps: number): ControlValues {
    const control = { ...begun(optimizer) };
    const variant = { schedule: optimizer.schedule.kind, decay: optimizer.decay };
    for (let t = 0; t < steps; t++) advanceControl(variant, control);
    return control;
  }

  it.each(optimizers)(
    "is where $kind stands after as many steps, so that the next goes on as if they had run",
    (optimizer) => {
      for (const steps of [0, 1, 2, 3, 7, 20]) {
        const after = controlAfter({ control: begun(optimizer), schedule: optimizer.schedule }, steps);
        expect(after.step).toBe(steps);
        advanceControl({ schedule: optimizer.schedule.kind, decay: optimizer.decay }, after);
        const { correction1, correction2, ...expected } = advanced(optimizer, steps + 1);
        expect(after).toMatchObject(expected);
        expectClose("corrections", [after.correction1, after.correction2], [correction1, correction2], 1e-12);
      }
    },
  );

  it("takes no more products than change the learning rate, however many steps a file tells of", () => {
    const schedule = stepDecay({ learningRate: 0.1, every: 1, factor: 0.5 });
    const control = begun(sgd({ learningRate: schedule }));
    const rounded = vi.spyOn(Math, "fround");
    expect(controlAfter({ control, schedule }, 2 ** 32 - 1).learningRate).toBe(0);
    const products = rounded.mock.calls.length;
    rounded.mockRestore();
    // From 0.1 to below the least that float32 holds, 2⁻¹⁴⁹.
    expect(products).toBeLessThan(200);
  });

  it("has the learning rate of a step schedule as the GPU multiplies it, in single precision", () => {
    const every = 3;
    const schedule = stepDecay({ learningRate: 0.1, every, factor: 0.7 });
    const control = begun(sgd({ learningRate: schedule }));
    let learningRate = control.baseLearningRate;
    for (let t = 0; t < 100; t++) {
      if (t > 0 && t % every === 0) learningRate = fround(learningRate * fround(0.7));
      expect(controlAfter({ control, schedule }, t + 1).learningRate).toBe(learningRate);
    }
    // 33 products rounded one by one are not the rounded power.
    expect(learningRate).not.toBe(fround(fround(0.1) * fround(0.7) ** 33));
    expectClose("η", [learningRate], [0.1 * 0.7 ** 33], 35 * UNIT_ROUNDOFF * 0.1 * 0.7 ** 33);
  });

  it("has the bias corrections that the GPU comes to with c ← βc + (1 − β), each β and 1 − β rounded apart", () => {
    const optimizer = adam({ learningRate: 0.5 });
    const control = begun(optimizer);
    let [first, second] = [0, 0];
    for (let step = 1; step <= 5000; step++) {
      first = control.beta1 * first + control.rest1;
      second = control.beta2 * second + control.rest2;
      if (![1, 10, 100, 5000].includes(step)) continue;
      const { correction1, correction2 } = controlAfter({ control, schedule: optimizer.schedule }, step);
      // In double precision both, so that nothing but the formula tells them apart.
      expectClose(`corrections after ${step} steps`, [correction1, correction2], [first, second], 1e-12);
    }
  });

  it("is no run that has halted, and leaves what the user set", () => {
    const optimizer = adam({ learningRate: 0.5 });
    const control = begun(optimizer);
    const { weightDecay, beta1, beta2, epsilon, dataRows, batch, seed } = control;
    const kept = { weightDecay, beta1, beta2, epsilon, dataRows, batch, seed, halted: 0 };
    expect(controlAfter({ control, schedule: optimizer.schedule }, 9)).toMatchObject({ ...kept, step: 9 });
    expect(controlAfter({ control, schedule: optimizer.schedule }, 0)).toMatchObject({
      ...kept,
      step: 0,
      learningRate: 0.5,
    });
    expect(control.step).toBe(0);
  });
});

describe("every kernel", () => {
  it("is part of some plan of these tests", () => {
    expect([...new Set(calls.map(({ kernel }) => kernel))].sort()).toEqual(Object.keys(kernels).sort());
  });

  it("declares its operands as bindings 1, 2, … of its shader, with the access and the content that it says", () => {
    for (const [source, call] of sources) {
      const found = [...source.matchAll(/@group\(0\) @binding\((\d+)\) var<([a-z_, ]+)> \w+: ([^;]+);/g)];
      const bindings = found.map(([, binding, space, type = ""]) => `${binding} ${space} ${numberOf(type)}`);
      const expected = boundOperands(call).map(({ access, content }, index) => {
        const space = { uniform: "uniform", read: "storage, read", readWrite: "storage, read_write" }[access];
        // Bytes are taken out of words, and words are moved as such.
        const number = { u8: "u32", "f32 or u32": "u32", control: "control", f32: "f32", f16: "f16", u32: "u32" }[
          content
        ];
        return `${index + 1} ${space} ${number}`;
      });
      expect([call.kernel, ...bindings]).toEqual([call.kernel, "0 uniform Dims", ...expected]);
    }
  });

  it("leaves no trace of a template or of the preprocessor in its shader", () => {
    for (const source of sources.keys()) expect(source).not.toMatch(/undefined|\[object|NaN|^\s*#/m);
  });

  it("uses in its shader each operand that it binds", () => {
    for (const source of sources.keys()) {
      const names = [...source.matchAll(/@binding\([1-9]\d*\) var<[a-z_, ]+> (\w+)/g)].map(([, name = ""]) => name);
      const unused = names.filter((name) => source.split(new RegExp(`\\b${name}\\b`)).length < 3);
      expect(unused).toEqual([]);
    }
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
  it("has lines of as many words as record's shader writes", async () => {
    const record = calls.find(({ kernel }) => kernel === "record");
    if (record === undefined) throw new Error("no record");
    const offsets = [...(await sourceOf(record)).matchAll(/ring\[at(?: \+ (\d+)u)?\] =/g)].map(([, offset = "0"]) =>
      Number(offset),
    );
    expect(offsets).toEqual(Array.from({ length: RECORD_WORDS }, (_, index) => index));
  });
});
