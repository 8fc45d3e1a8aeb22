import { describe, expect, it } from "vitest";
import {
  type Described,
  descriptionKey,
  readDescription,
  type TableDescription,
} from "../../../src/data/description.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import type { Loss } from "../../../src/model/loss.ts";

const description: TableDescription = {
  inputs: ["a", "b"],
  target: "y",
  task: "classification",
  classes: ["no", "yes"],
  inputScale: { kind: "standard", shift: [0, 1], factor: [1, 0.5] },
};
const regression: TableDescription = {
  ...description,
  task: "regression",
  classes: [],
  targetScale: { kind: "none", shift: [0], factor: [1] },
};
const read = (value: unknown) => readDescription({ [descriptionKey]: JSON.stringify(value) }, "m.safetensors");

describe("readDescription", () => {
  it("gives back what was written", () => {
    expect(read(description)).toEqual(description);
    expect(read(regression)).toEqual(regression);
  });

  it("refuses a model that was not trained on a table", () => {
    expect(() => readDescription({}, "m.safetensors")).toThrow(
      "m.safetensors: got a model that does not tell the columns of its table, expected a model trained on a table; give a model written by `chainrule train`.",
    );
  });

  it.each([
    ["a list", []],
    ["null", null],
    ["a number", 1],
    ["a text", "x"],
  ])("refuses %s", (_, value) => {
    expect(() => read(value)).toThrow(
      'm.safetensors: metadata "chainrule.table": got text that is no description of a table, expected JSON with inputs, target, task, classes and scales; get the file again, or train anew.',
    );
  });

  const tables = { classification: description, regression };
  const scale = { kind: "none", shift: [0, 0], factor: [1, 1] };

  /** Values that a field may not have, by what is wrong with them. */
  const wrong: { readonly [K in keyof Required<TableDescription>]: Readonly<Record<string, unknown>> } = {
    inputs: {
      "is no list": "ab",
      "holds what is no text": ["a", 1],
      "is doubled": ["a", "a"],
      "is too short": ["a"],
      "is too long": ["a", "b", "c"],
      "is empty": [],
      "holds the target": ["a", "y"],
    },
    target: { "is no text": 1, "is a list": ["y"], "is an input": "a", "is null": null },
    task: {
      "is another word": "clustering",
      "is of an object": "constructor",
      "is no text": 0,
      "is a list": ["regression"],
    },
    classes: {
      "is no list": "no",
      "holds what is no text": ["no", null],
      "is doubled": ["no", "yes", "no"],
      "is too short": ["no"],
    },
    inputScale: {
      "is a list": [scale],
      "is null": null,
      "is of another kind": { ...scale, kind: "log" },
      "is of a kind of an object": { ...scale, kind: "constructor" },
      "has no kind": { shift: [0, 0], factor: [1, 1] },
      "has no shift": { kind: "none", factor: [1, 1] },
      "has no factor": { kind: "none", shift: [0, 0] },
      "has a field more": { ...scale, mean: [0, 0] },
      "has a shift too few": { ...scale, shift: [0] },
      "has a factor too many": { ...scale, factor: [1, 1, 1] },
      "has a hole": { ...scale, shift: [0, null] },
      "holds what is no number": { ...scale, factor: ["1", "1"] },
    },
    targetScale: {
      "is null": null,
      "is of two columns": scale,
      "is of no column": { kind: "none", shift: [], factor: [] },
      "is of another kind": { kind: "toString", shift: [0], factor: [1] },
      "has a field more": { kind: "none", shift: [0], factor: [1], low: [0] },
    },
  };

  const broken = 'm.safetensors: metadata "chainrule.table": got text that is no description of a table,';

  it.each(
    Object.entries(tables).flatMap(([task, whole]) =>
      Object.entries(wrong).flatMap(([field, values]) =>
        Object.entries(values).map(([fault, value]) => ({ task, field, fault, value, whole })),
      ),
    ),
  )("refuses a $task whose $field $fault", ({ field, value, whole }) => {
    expect(() => read({ ...whole, [field]: value })).toThrow(broken);
  });

  it.each(Object.entries(tables))("refuses a %s with a field missing, doubled or too many", (_, whole) => {
    for (const [field, value] of Object.entries(whole)) {
      const text = JSON.stringify(whole);
      const twice = `${text.slice(0, -1)},"${field}":${JSON.stringify(value)}}`;
      expect(() => read({ ...whole, [field]: undefined }), field).toThrow(broken);
      expect(JSON.parse(twice)).toEqual(whole);
      expect(() => readDescription({ [descriptionKey]: twice }, "m.safetensors"), field).toThrow(broken);
    }
    expect(() => read({ ...whole, unknown: 1 })).toThrow(broken);
    expect(() => read({ ...whole, outputScale: scale })).toThrow(broken);
    expect(() =>
      readDescription(
        { [descriptionKey]: JSON.stringify(whole).replace('"shift"', '"factor":[1,1],"shift"') },
        "m.safetensors",
      ),
    ).toThrow(broken);
    const spaced = JSON.stringify({ ...whole, target: 'y": "{\\' }, undefined, 2);
    expect(readDescription({ [descriptionKey]: spaced }, "m").target).toBe('y": "{\\');
  });

  it("refuses what belongs to the other task", () => {
    expect(() => read({ ...description, targetScale: regression.targetScale })).toThrow(broken);
    expect(() => read({ ...regression, classes: description.classes })).toThrow(broken);
    expect(() => read({ ...description, task: "regression" })).toThrow(broken);
    expect(() => read({ ...regression, task: "classification" })).toThrow(broken);
  });

  it("refuses a network that does not fit", () => {
    const network = (inputs: number, outputs: number, loss: Loss) => ({
      inputs,
      loss,
      model: sequential([dense(outputs)]),
    });
    const given = (value: TableDescription, described: Described) =>
      readDescription({ [descriptionKey]: JSON.stringify(value) }, "m", described);
    expect(given(description, network(2, 2, "softmaxCrossEntropy"))).toEqual(description);
    expect(given(regression, network(2, 1, "halfSquaredError"))).toEqual(regression);
    for (const [value, described] of [
      [description, network(3, 2, "softmaxCrossEntropy")],
      [description, network(2, 3, "softmaxCrossEntropy")],
      [description, network(2, 2, "halfSquaredError")],
      [regression, network(1, 1, "halfSquaredError")],
      [regression, network(2, 2, "halfSquaredError")],
      [regression, network(2, 1, "softmaxCrossEntropy")],
    ] as const) {
      expect(() => given(value, described)).toThrow(
        /^m: got a network of \d inputs and \d outputs with \w+, expected one for 2 columns/,
      );
    }
  });

  it("refuses text that is no JSON", () => {
    expect(() => readDescription({ [descriptionKey]: "{" }, "m")).toThrow(
      "got text that is no description of a table,",
    );
  });
});
