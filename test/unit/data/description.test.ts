import { describe, expect, it } from "vitest";
import { descriptionKey, readDescription, type TableDescription } from "../../../src/data/description.ts";

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
    ["no input", { ...description, inputs: [] }],
    ["an input that is no text", { ...description, inputs: ["a", 1] }],
    ["another task", { ...description, task: "clustering" }],
    ["one class", { ...description, classes: ["no"] }],
    ["a scale of fewer columns", { ...description, inputScale: { kind: "none", shift: [0], factor: [1] } }],
    ["a scale with a hole", { ...description, inputScale: { kind: "none", shift: [0, null], factor: [1, 1] } }],
    ["an unknown scaling", { ...description, inputScale: { kind: "log", shift: [0, 0], factor: [1, 1] } }],
    ["a regression without the target's scale", { ...regression, targetScale: undefined }],
  ])("refuses %s", (_, value) => {
    expect(() => read(value)).toThrow(
      'm.safetensors: metadata "chainrule.table": got text that is no description of a table, expected JSON with inputs, target, task, classes and scales; get the file again, or train anew.',
    );
  });

  it("refuses text that is no JSON", () => {
    expect(() => readDescription({ [descriptionKey]: "{" }, "m")).toThrow(
      "got text that is no description of a table,",
    );
  });
});
