import { describe, expect, it } from "vitest";
import { confusionOf, pairsOf, scoreOf } from "../../../src/data/score.ts";

const scale = { kind: "standard", shift: [0], factor: [1] } as const;
const description = { inputs: ["a"], target: "y", inputScale: scale };
const classifier = { ...description, task: "classification", classes: ["a", "b", "c"] } as const;

describe("scoreOf", () => {
  it("of classes is the mean cross-entropy and the share of right ones", () => {
    // −log softmax: log 3, log(1 + 2e⁻¹), and log(1 + e⁻¹ + e⁻²) + 2; exp(1000) is no float64.
    const outputs = [0, 0, 0, 0, 1, 0, 1000, 999, 998];
    const score = scoreOf({ outputs, classes: [0, 1, 0] }, [1, 1, 2], classifier);
    const loss = (Math.log(3) + Math.log(1 + 2 * Math.exp(-1)) + Math.log(1 + Math.exp(-1) + Math.exp(-2)) + 2) / 3;
    expect(score).toEqual({ rows: 3, loss: expect.closeTo(loss, 14), accuracy: 1 / 3, fit: undefined });
  });

  it("of numbers is half the mean square of the scaled ones, and the fit in the target's own unit", () => {
    const regressor = {
      ...description,
      task: "regression",
      classes: [],
      targetScale: { ...scale, shift: [10], factor: [0.5] },
    } as const;
    // y′ = 1, 2, 3 against 2, 2, 2: in the target's unit 14, 14, 14 against 12, 14, 16.
    const score = scoreOf({ outputs: [2, 2, 2], classes: undefined }, [12, 14, 16], regressor);
    expect(score).toEqual({ rows: 3, loss: 1 / 3, accuracy: undefined, fit: { rmse: Math.sqrt(8 / 3), r2: 0 } });
  });
});

describe("confusionOf", () => {
  it("counts true classes down and predicted ones across", () => {
    expect(confusionOf([0, 0, 1, 1, 1], [0, 1, 1, 1, 0], 2)).toEqual([1, 1, 1, 2]);
  });

  it("has a form for classes of which no matrix can be made", () => {
    const most = 2 ** 20;
    expect([...pairsOf([most - 1, 0], [most - 1, 1], most)]).toEqual([
      [most ** 2 - 1, 1],
      [1, 1],
    ]);
  });
});

describe("a number that is no class is refused,", () => {
  it.each([2, -1, 0.5, Number.NaN, 2 ** 53])("by scoreOf: %s of two outputs", (target) => {
    const predicted = { outputs: [1, 2, 3, 4], classes: [0, 1] };
    expect(() => scoreOf(predicted, [target, 0], classifier)).toThrow(`scoreOf: got class ${target}, expected`);
  });

  it("by scoreOf, where there are no outputs", () => {
    expect(() => scoreOf({ outputs: [], classes: [0] }, [0], classifier)).toThrow("scoreOf: got class 0");
  });

  it("by pairsOf, where so many classes have pairs without a number of their own", () => {
    const most = 94_906_265;
    expect([...pairsOf([most - 1, most - 1], [most - 1, most - 2], most).values()]).toEqual([1, 1]);
    expect(() => pairsOf([0], [0], most + 1)).toThrow(`pairsOf: got ${most + 1} classes, expected at most ${most}`);
  });
});
