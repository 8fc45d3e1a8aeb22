import { describe, expect, it } from "vitest";
import { nearest, remedyFor } from "../../../src/model/nearest.ts";

const words = ["learningRate", "batch", "epochs", "loss", "W1"];

describe("nearest", () => {
  it.each([
    ["learning_rate", "learningRate"],
    ["lerningRate", "learningRate"],
    ["batchSize", "batch"],
    ["epoch", "epochs"],
    ["lsos", undefined],
    ["los", "loss"],
    ["w1", "W1"],
    ["W3", undefined],
    ["dropout", undefined],
    ["", undefined],
  ])("of %s is %s", (name, expected) => {
    expect(nearest(name, words)).toBe(expected);
  });

  it("is the one of fewest edits, of equals the first", () => {
    expect(nearest("rate", ["gates", "grate", "rates"])).toBe("grate");
  });
});

describe("remedyFor", () => {
  it("is to write the nearest, or something else where none is near", () => {
    expect(remedyFor("Batch", words, "leave it out")).toBe("write batch");
    expect(remedyFor("dropout", words, "leave it out")).toBe("leave it out");
  });
});
