import { describe, expect, it } from "vitest";
import { commandOf, fromQuery, initialOptions, quote, toQuery } from "../../../demo/src/pages/data/options.ts";

describe("the options of the page Your data", () => {
  it("become the command that trains the same", () => {
    const options = { ...initialOptions, target: "price in £", ignored: ["id", "street name"], layers: [] };
    expect(commandOf("my houses.csv", 20, "regression", { ...options, decay: 0.01 })).toBe(
      "npx chainrule train 'my houses.csv' --target 'price in £' --task regression --ignore 'id,street name' " +
        "--layers none --activation relu --optimizer adam --learning-rate 0.003 --weight-decay 0.01 --batch 16 " +
        "--epochs 50 --seed 0 --test-fraction 0.2 --scale standard --scale-target standard --out 'my houses.safetensors'",
    );
    expect(quote("it's")).toBe("'it'\\''s'");
  });

  it("come back from the address, and nonsense in it is left aside", () => {
    const options = { ...initialOptions, target: "y", task: "regression", layers: [8, 4], seed: 9 } as const;
    expect(fromQuery(toQuery(options, initialOptions, "houses"), initialOptions)).toEqual(options);
    const nonsense = new URLSearchParams("layers=a&rate=-1&epochs=0.5&task=guess&scale=huge&seed=-1");
    expect(fromQuery(nonsense, initialOptions)).toEqual(initialOptions);
  });
});
