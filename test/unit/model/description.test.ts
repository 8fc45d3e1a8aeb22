import { describe, expect, it } from "vitest";
import { createReferenceTrainer } from "../../../src/cpu/trainer.ts";
import {
  checkInitializer,
  glorot,
  he,
  type Initializer,
  torchLinear,
  uniform,
} from "../../../src/model/initializer.ts";
import { checkModel, dense, type Model, sequential } from "../../../src/model/layer.ts";
import { adam, adamw, checkOptimizer, type Optimizer, sgd } from "../../../src/model/optimizer.ts";
import { show } from "../../../src/model/options.ts";
import { checkSchedule, cosine, type Schedule, stepDecay } from "../../../src/model/schedule.ts";
import { refusal } from "../../helpers/refusal.ts";

/** Ways to make a copy of a description, as it goes through a file or to a worker. */
const copies: readonly (readonly [name: string, copy: <T>(value: T) => T])[] = [
  ["structuredClone", (value) => structuredClone(value)],
  ["JSON", (value) => JSON.parse(JSON.stringify(value))],
  ["a frozen spread", (value) => Object.freeze({ ...value })],
];

const step = stepDecay({ learningRate: 0.1, every: 3, factor: 0.5 });
const cycle = cosine({ learningRate: 0.1, steps: 10, warmup: 2, finalLearningRate: 0.01 });

const optimizers: readonly Optimizer[] = [
  sgd({ learningRate: 0.1 }),
  sgd({ learningRate: cycle, weightDecay: 0.1, decay: "per-step", decayBiases: true, momentum: 0.9 }),
  adam({ learningRate: step, weightDecay: 0.1, beta1: 0.8, beta2: 0.9, epsilon: 1e-4 }),
  adamw({ learningRate: 0.01, weightDecay: 0.01 }),
];

const initializers: readonly Initializer[] = [he(), glorot("normal"), torchLinear(), uniform(0.3)];

const model = sequential([
  dense(3, "relu", { inputs: 2, trainable: { weights: true, bias: false }, initializer: he("normal") }),
  dense(2, "identity", { biasInitializer: uniform(0.1), trainable: false }),
  dense(1, "tanh", { bias: false }),
]);

/** Every object of a description, itself first. */
const objectsOf = (value: unknown): object[] =>
  typeof value === "object" && value !== null ? [value, ...Object.values(value).flatMap(objectsOf)] : [];

describe.each(copies)("a copy by %s is as good as what was built", (_, copy) => {
  it("of an optimizer", () => {
    for (const optimizer of optimizers) expect(checkOptimizer("o", copy(optimizer))).toStrictEqual(optimizer);
  });

  it("of a schedule", () => {
    for (const schedule of [step, cycle]) {
      expect(checkSchedule("o", copy(schedule))).toStrictEqual(schedule);
      expect(sgd({ learningRate: copy(schedule) })).toStrictEqual(sgd({ learningRate: schedule }));
    }
  });

  it("of an initializer", () => {
    for (const initializer of initializers) {
      expect(checkInitializer("o", "initializer", copy(initializer))).toStrictEqual(initializer);
      const layers = [initializer, copy(initializer)].map((one) => dense(2, "relu", { initializer: one }));
      expect(layers[1]).toStrictEqual(layers[0]);
    }
  });

  it("of a model, and of its layers", () => {
    expect(checkModel("m", copy(model))).toStrictEqual(model);
    expect(sequential(model.layers.map((layer) => copy(layer)))).toStrictEqual(model);
  });

  it("which trains as what was built does", async () => {
    const options = { loss: "halfSquaredError", data: { inputs: [1, 2, 3, 4], targets: [1, 2] } } as const;
    const reports = [(value: unknown) => value, copy].map((by) => {
      const described = { model: by(model) as Model, optimizer: by(optimizers[1]) as Optimizer };
      return createReferenceTrainer({ ...options, ...described }).step(2);
    });
    const [built, copied] = await Promise.all(reports);
    expect(copied?.loss).toBe(built?.loss);
  });
});

it.each([
  ["an optimizer", adam({ learningRate: { ...cycle } })],
  ["a model", sequential(structuredClone(model.layers) as Model["layers"])],
  ["an initializer", uniform(0.1)],
])("all that describes %s is frozen", (_, description) => {
  expect(objectsOf(description).filter((value) => !Object.isFrozen(value))).toEqual([]);
});

describe("what a call would refuse is refused as plain data, frozen or not:", () => {
  const layer = dense(3, "relu");
  const number = "a number above 0 in float32's range";
  const below1 = "a number from 0 to below 1, in float32 too";
  const whole = "a whole number from 1 to 4294967295";

  it.each<[Record<string, unknown> | null, string]>([
    [null, "got null, expected an optimizer; describe it with a call such as sgd({ learningRate: 0.1 })"],
    [
      { kind: "lion" },
      "got a value of type Object, expected an optimizer; describe it with a call such as sgd({ learningRate: 0.1 })",
    ],
    [{ ...adam({ learningRate: 1 }), beta1: 7 }, `got beta1 7, expected ${below1}; set beta1 to ${below1}`],
    [
      { ...adam({ learningRate: 1 }), beta3: 0 },
      'got option "beta3", expected learningRate, weightDecay, decayBiases, beta1, beta2, epsilon, decay; leave beta3 out',
    ],
    [
      { ...sgd({ learningRate: 1 }), decay: "daily" },
      'got decay "daily", expected one of per-batch, per-step; choose one of these',
    ],
    [
      { ...adamw({ learningRate: 1 }), decay: "per-batch" },
      'got option "decay", expected learningRate, weightDecay, decayBiases, beta1, beta2, epsilon; leave decay out',
    ],
    [
      { ...sgd({ learningRate: 1 }), schedule: undefined },
      "got no learningRate, expected learningRate; add learningRate",
    ],
    [{ ...sgd({ learningRate: 1 }), schedule: { ...cycle, steps: 0 } }, ""],
    [{ ...sgd({ learningRate: 1 }), schedule: { kind: "step", learningRate: 1, every: 1 } }, ""],
  ])("optimizer %j", (given, text) => {
    for (const optimizer of [given, given && Object.freeze({ ...given })]) {
      const got = refusal(() => checkOptimizer("here", optimizer as never));
      expect(got.startsWith("ModelError: here: ")).toBe(true);
      if (text) expect(got).toBe(`ModelError: here: ${text}.`);
    }
  });

  it.each<[Record<string, unknown>, string]>([
    [
      { kind: "uniform", limit: Number.NaN },
      `dense: initializer: got limit NaN, expected ${number}; set limit to ${number}`,
    ],
    [
      { kind: "uniform", limit: 1e39 },
      `dense: initializer: got limit 1e+39, expected ${number}; set limit to ${number}`,
    ],
    [{ kind: "he" }, "dense: initializer: got no distribution, expected kind, distribution; add distribution"],
    [
      { kind: "he", distribution: "cauchy" },
      'dense: initializer: got distribution "cauchy", expected one of uniform, normal; choose one of these',
    ],
    [{ kind: "torchLinear", limit: 1 }, 'dense: initializer: got option "limit", expected kind; leave limit out'],
    [
      { kind: "ones" },
      "dense: got initializer a value of type Object, expected he(), glorot(), torchLinear() or uniform(limit); call one of these",
    ],
  ])("initializer %j", (given, text) => {
    for (const initializer of [given, Object.freeze({ ...given })]) {
      expect(refusal(() => dense(2, "relu", { initializer: initializer as never }))).toBe(`ModelError: ${text}.`);
      const model = { layers: [{ kind: "dense", units: 2, activation: "relu", biasInitializer: initializer }] };
      const biases = text.replace("dense", "here: layer 1").replace("initializer", "biasInitializer");
      expect(refusal(() => checkModel("here", model as never))).toBe(`ModelError: ${biases}.`);
    }
  });

  it.each<[Record<string, unknown> | null, string]>([
    [{ ...layer, units: -2 }, `ShapeError: here: layer 1: got units -2, expected ${whole}; set units to ${whole}`],
    [{ ...layer, inputs: 0 }, `ShapeError: here: layer 1: got inputs 0, expected ${whole}; set inputs to ${whole}`],
    [
      { ...layer, activation: "swish" },
      'ModelError: here: layer 1: got activation "swish", expected one of identity, relu, sigmoid, tanh; choose one of these',
    ],
    [
      { ...layer, trainable: { weights: true } },
      "ModelError: here: layer 1: trainable: got no bias, expected weights, bias; add bias",
    ],
    [
      { ...layer, trainable: { weights: true, bias: 1 } },
      "ModelError: here: layer 1: trainable: got bias 1, expected true or false; set bias to true or false",
    ],
    [
      { ...layer, dropout: 0.5 },
      'ModelError: here: layer 1: got option "dropout", expected inputs, trainable, initializer, biasInitializer, bias; leave dropout out',
    ],
    [
      { units: 3 },
      "ModelError: here: layer 1: got a value of type Object, expected a layer; describe it with dense(units, activation)",
    ],
    [null, "ModelError: here: layer 1: got null, expected a layer; describe it with dense(units, activation)"],
  ])("layer %j", (given, text) => {
    for (const one of [given, given && Object.freeze({ ...given })]) {
      expect(refusal(() => checkModel("here", Object.freeze({ layers: [one] }) as never))).toBe(`${text}.`);
    }
  });

  it("a model with something beside its layers", () => {
    expect(refusal(() => checkModel("here", { ...model, loss: 1 } as never))).toBe(
      'ModelError: here: got option "loss", expected layers; leave loss out.',
    );
  });

  it.each<[unknown]>([[Number.NaN], [{ kind: "linear", learningRate: 1 }], [null], [{ ...step, factor: 0 }]])(
    "schedule %j",
    (schedule) => {
      expect(refusal(() => checkSchedule("here", schedule as Schedule))).toMatch(/^ModelError: here/);
    },
  );
});

describe("show", () => {
  const hostile: readonly (readonly [string, unknown, string])[] = [
    ["an object without a prototype", Object.create(null), "a value of type Object"],
    [
      "one whose text is code that throws",
      {
        toString() {
          throw new Error("no");
        },
      },
      "a value of type Object",
    ],
    ["one whose text is none", { toString: () => ({}) }, "a value of type Object"],
    ["a map", new Map(), "a value of type Map"],
    ["a proxy that is revoked", revoked(), "a value of type object"],
    ["a symbol", Symbol("s"), "Symbol(s)"],
    ["a bigint", 3n, "3n"],
    ["a long text", "x".repeat(500), `"${"x".repeat(39)}…${"x".repeat(38)}"`],
  ];

  it.each(hostile)("tells of %s", (_, value, text) => {
    expect(show(value)).toBe(text);
  });

  it("lets a wrong layer be refused, whatever it is", () => {
    for (const [, value, text] of hostile.filter(([name]) => !name.startsWith("a proxy"))) {
      const got = refusal(() => sequential([value] as never));
      expect(got).toBe(
        `ModelError: sequential: layer 1: got ${text}, expected a layer; describe it with dense(units, activation).`,
      );
      expect(refusal(() => dense(2, value as never))).toMatch(/^ModelError: dense: got activation /);
    }
  });
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
