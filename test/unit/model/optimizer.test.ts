import { describe, expect, it } from "vitest";
import { uniform } from "../../../src/model/initializer.ts";
import { adam, adamw, type Decay, hasPenalty, sgd, stateWidth } from "../../../src/model/optimizer.ts";
import { cosine, stepDecay } from "../../../src/model/schedule.ts";
import { refusal } from "../../helpers/refusal.ts";

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

/** `sgd: got momentum 1, expected … ; set momentum to ….` */
const message = (where: string, name: string, value: number, expected: string) =>
  `ModelError: ${where}: got ${name} ${value}, expected ${expected}; set ${name} to ${expected}.`;

const above = "a number above 0 in float32's range";
const orAbove = "a number, 0 or above, in float32's range";
const below1 = "a number from 0 to below 1, in float32 too";

describe.each([
  ["sgd", sgd],
  ["adam", adam],
  ["adamw", adamw],
] as const)("%s", (name, make) => {
  it.each([0, -1, nan, infinity, 1e39, 1e300, 1e-50])("refuses a learning rate of %d", (learningRate) => {
    expect(refusal(() => make({ learningRate }))).toBe(message(name, "learningRate", learningRate, above));
  });

  it.each([-1, nan, infinity])("refuses a weight decay of %d", (weightDecay) => {
    const got = refusal(() => make({ learningRate: 1, weightDecay }));
    expect(got).toBe(message(name, "weightDecay", weightDecay, orAbove));
  });

  it("takes the limits of float32 themselves, and leaves biases and decay alone unless asked", () => {
    expect(make({ learningRate: 2 ** -149, weightDecay: 0 })).toMatchObject({
      kind: name,
      schedule: { kind: "constant", learningRate: 2 ** -149 },
      weightDecay: 0,
      decayBiases: false,
      decay: name === "adamw" ? "per-step" : "per-batch",
    });
  });

  it("keeps a schedule as it is", () => {
    const schedule = stepDecay({ learningRate: 0.1, every: 3, factor: 0.5 });
    expect(make({ learningRate: schedule }).schedule).toStrictEqual(schedule);
  });
});

describe("sgd", () => {
  it.each([-0.1, 1, nan, infinity])("refuses a momentum of %d", (momentum) => {
    expect(refusal(() => sgd({ learningRate: 1, momentum }))).toBe(message("sgd", "momentum", momentum, below1));
  });
});

describe.each([
  ["adam", adam],
  ["adamw", adamw],
] as const)("%s", (name, make) => {
  it.each(["beta1", "beta2"] as const)("refuses %s outside [0, 1)", (option) => {
    for (const value of [-0.1, 1, nan]) {
      expect(refusal(() => make({ learningRate: 1, [option]: value }))).toBe(message(name, option, value, below1));
    }
  });

  it.each([0, -1e-8, nan, infinity])("refuses an epsilon of %d", (epsilon) => {
    expect(refusal(() => make({ learningRate: 1, epsilon }))).toBe(message(name, "epsilon", epsilon, above));
  });

  it("begins with the constants of the paper", () => {
    expect(make({ learningRate: 1 })).toMatchObject({ beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
  });
});

describe("decay", () => {
  it.each([
    ["sgd", sgd],
    ["adam", adam],
  ] as const)("of another name is refused by %s", (name, make) => {
    for (const [decay, remedy] of [
      ["per_steps", "write per-step"],
      ["toString", "choose one of these"],
      ["", "choose one of these"],
    ] as const) {
      expect(refusal(() => make({ learningRate: 1, decay: decay as Decay }))).toBe(
        `ModelError: ${name}: got decay "${decay}", expected one of per-batch, per-step; ${remedy}.`,
      );
    }
  });
});

describe("hasPenalty", () => {
  it("holds where λ > 0, but for AdamW, whose decay is no gradient", () => {
    const options = { learningRate: 1, weightDecay: 0.1 };
    expect([sgd(options), adam(options), adamw(options)].map(hasPenalty)).toEqual([true, true, false]);
    expect([sgd({ learningRate: 1 }), adam({ learningRate: 1 })].map(hasPenalty)).toEqual([false, false]);
  });
});

describe("stateWidth", () => {
  it("counts what the update keeps beside each element of a parameter", () => {
    expect(stateWidth(sgd({ learningRate: 1 }))).toBe(0);
    expect(stateWidth(sgd({ learningRate: 1, momentum: 0.5 }))).toBe(1);
    expect(stateWidth(adam({ learningRate: 1 }))).toBe(2);
    expect(stateWidth(adamw({ learningRate: 1 }))).toBe(2);
  });
});

describe("schedules", () => {
  const step = { learningRate: 0.1, every: 3, factor: 0.5 };
  const one = { learningRate: 0.1, steps: 10 };

  it.each([0, nan])("refuse a learning rate of %d", (learningRate) => {
    const got = refusal(() => stepDecay({ ...step, learningRate }));
    expect(got).toBe(message("stepDecay", "learningRate", learningRate, above));
    expect(refusal(() => cosine({ ...one, learningRate }))).toBe(
      message("cosine", "learningRate", learningRate, above),
    );
  });

  it.each([0, -0.5, nan, infinity])("stepDecay refuses a factor of %d", (factor) => {
    expect(refusal(() => stepDecay({ ...step, factor }))).toBe(message("stepDecay", "factor", factor, above));
  });

  it.each([0, -1, 1.5])("stepDecay refuses a drop every %d steps", (every) => {
    const got = refusal(() => stepDecay({ ...step, every }));
    expect(got).toBe(message("stepDecay", "every", every, "a whole number from 1 to 4294967295"));
  });

  it.each([-1, 0.5])("cosine refuses a warm-up of %d steps", (warmup) => {
    const got = refusal(() => cosine({ ...one, warmup }));
    expect(got).toBe(message("cosine", "warmup", warmup, "a whole number from 0 to 4294967295"));
  });

  it("cosine refuses to end within its warm-up", () => {
    const got = refusal(() => cosine({ learningRate: 0.1, steps: 5, warmup: 5 }));
    expect(got).toBe(message("cosine", "steps", 5, "a whole number from 6 to 4294967295"));
    expect(() => cosine({ learningRate: 0.1, steps: 6, warmup: 5 })).not.toThrow();
  });

  it.each([-0.1, nan])("cosine refuses a last learning rate of %d", (finalLearningRate) => {
    const got = refusal(() => cosine({ ...one, finalLearningRate }));
    expect(got).toBe(message("cosine", "finalLearningRate", finalLearningRate, orAbove));
  });
});

describe("uniform", () => {
  it.each([0, -1, nan, infinity])("refuses a limit of %d", (limit) => {
    expect(refusal(() => uniform(limit))).toBe(message("uniform", "limit", limit, above));
  });
});
