import { describe, expect, it } from "vitest";
import { nearest, remedyForName } from "../../../src/model/nearest.ts";

const options = ["learningRate", "batch", "epochs", "loss", "weightDecay", "W1", "rows"];
const activations = ["identity", "relu", "sigmoid", "tanh"];
const optimizers = ["sgd", "momentum", "adam", "adamw"];

describe("nearest", () => {
  it.each([
    // Case, what parts words, and the word size.
    ["learning_rate", options, "learningRate"],
    ["LearningRate", options, "learningRate"],
    ["batchSize", options, "batch"],
    ["batch_size", options, "batch"],
    ["w1", options, "W1"],
    ["ReLU", activations, "relu"],
    ["AdamW", optimizers, "adamw"],
    // A letter too few, too many, another or two in each other's place.
    ["lerningRate", options, "learningRate"],
    ["epoch", options, "epochs"],
    ["los", options, "loss"],
    ["lsos", options, "loss"],
    ["row", options, "rows"],
    ["bathc", options, "batch"],
    ["weigthDecay", options, "weightDecay"],
    ["rellu", activations, "relu"],
    ["sigmod", activations, "sigmoid"],
    ["tahn", activations, "tanh"],
    ["adan", optimizers, "adam"],
    // Two edits, in seven letters and more.
    ["lernigRate", options, "learningRate"],
    ["mommentun", optimizers, "momentum"],
    // Two in four to six are none, and one in two is none.
    ["lsso", options, undefined],
    ["btc", options, undefined],
    ["adamax", optimizers, undefined],
    ["W2", options, undefined],
    ["W", options, undefined],
    // Other words, though they are alike.
    ["gelu", activations, undefined],
    ["selu", activations, undefined],
    ["elu", activations, undefined],
    ["silu", activations, undefined],
    ["relu6", activations, undefined],
    ["prelu", activations, undefined],
    ["leaky_relu", activations, undefined],
    ["tanhshrink", activations, undefined],
    ["softmax", activations, undefined],
    ["nadam", optimizers, undefined],
    ["rmsprop", optimizers, undefined],
    ["adagrad", optimizers, undefined],
    ["batchNorm", options, undefined],
    ["lossScale", options, undefined],
    ["dropout", options, undefined],
    ["size", options, undefined],
    ["", options, undefined],
  ])("of %s among %j is %s", (name, words, expected) => {
    expect(nearest(name, words)).toBe(expected);
  });

  it("is the one of fewest edits, of equals the first", () => {
    expect(nearest("gratess", ["grapess", "grates", "gratest"])).toBe("grapess");
    expect(nearest("grapesses", ["grates", "grapeses"])).toBe("grapeses");
  });

  it("gives up on a long name without trying for long", () => {
    expect(nearest("a".repeat(5000), ["b".repeat(5000), "a".repeat(60)])).toBeUndefined();
    expect(nearest(`${"a".repeat(100_000)}b`, [`${"a".repeat(100_000)}c`])).toBeUndefined();
  });

  it("looks at no more than some thousand words of a long list", () => {
    let looks = 0;
    const word = {
      toLowerCase: () => {
        looks += 1;
        return "azzzzzzzzzzzzzzzzz";
      },
    } as unknown as string;
    nearest("abcdefghijklmnopq", Array(100_000).fill(word));
    // Of five numbers of edits.
    expect(looks).toBeLessThanOrEqual(5 * 5000);
  });
});

describe("remedyForName", () => {
  it("is to write the nearest, or something else where none is near", () => {
    expect(remedyForName("Batch", options, "leave it out")).toBe("write batch");
    expect(remedyForName("dropout", options, "leave it out")).toBe("leave it out");
  });
});
