import { describe, expect, it } from "vitest";
import * as chainrule from "../../src/index.ts";
import { checkOptions } from "../../src/model/options.ts";
import { refusal } from "../helpers/refusal.ts";

/** The public surface as plain JavaScript calls it, unchecked by types and without a GPU. */
const loose = chainrule as unknown as Readonly<Record<string, (...given: unknown[]) => unknown>>;
const { dense, sequential, sgd } = chainrule;

/** The error of a call, at once or later. */
async function misuse(name: string, ...given: unknown[]): Promise<string> {
  try {
    await loose[name]?.(...given);
  } catch (error) {
    return refusal(() => {
      throw error;
    });
  }
  return "no error";
}

const device = { gpu: { features: new Set() }, adapter: { lanes: 1 }, lost: new Promise(() => {}) };
const model = sequential([dense(2)]);
const loss = "halfSquaredError";
const optimizer = sgd({ learningRate: 0.1 });
const data = { inputs: [1, 2], targets: [1, 2] };
const sizes = { model, loss, optimizer, inputs: 2, rows: 1 };
const whole = { model, loss, optimizer, data };

/** What each call answers, as the beginning of a regular expression. */
const calls: readonly (readonly [name: string, given: readonly unknown[], message: string])[] = [
  ["createTrainer", [], "createTrainer: got undefined, expected a device; open one with await openDevice()"],
  [
    "createTrainer",
    [Promise.resolve(device), whole],
    "createTrainer: got a value of type Promise, expected a device; open ",
  ],
  ["createTrainer", [device], "createTrainer: got undefined, expected an object of model, loss, data, batch, "],
  [
    "createTrainer",
    [device, { model, loss, optimizer }],
    "createTrainer: got no data, expected model, loss, data, optimizer; add data.",
  ],
  [
    "createTrainer",
    [device, { ...whole, batchSize: 3 }],
    'createTrainer: got option "batchSize", expected model, loss, .*; write batch.',
  ],
  [
    "createTrainer",
    [device, { ...whole, epochs: 3 }],
    'createTrainer: got option "epochs", expected .*; leave epochs out.',
  ],
  [
    "createTrainer",
    [device, { ...whole, model: [dense(2)] }],
    "createTrainer: model: got .*, expected a model; describe it with sequential",
  ],
  [
    "createTrainer",
    [device, { ...whole, optimizer: "sgd" }],
    'createTrainer: optimizer: got "sgd", expected an optimizer; describe it with a call such as sgd',
  ],
  // Copies with other values.
  [
    "createTrainer",
    [device, { ...whole, optimizer: { ...whole.optimizer, learningRate: 0.5 } }],
    "createTrainer: optimizer: got .*, expected an optimizer; describe it with a call such as sgd",
  ],
  [
    "createTrainer",
    [device, { ...whole, model: { layers: [{ ...dense(2), units: -2 }] } }],
    "createTrainer: model: layer 1: got units -2, expected a whole number from 1 to 4294967295; ",
  ],
  [
    "sequential",
    [[{ ...dense(2), biass: false }]],
    'sequential: layer 1: got option "biass", expected inputs, .*; write bias.',
  ],
  [
    "sgd",
    [{ learningRate: { kind: "constant", learningRate: Number.NaN } }],
    "sgd: schedule: got learningRate NaN, expected a number above 0 in float32's range; ",
  ],
  ["sgd", [{ learningRate: dense(2) }], "sgd: got learningRate .*, expected a number or a schedule; "],
  [
    "dense",
    [new Float32Array(10_000)],
    "dense: got units a value of type Float32Array, expected a whole number from 1 to 4294967295; ",
  ],
  [
    "cosine",
    [{ learningRate: 1, steps: 2 ** 32 }],
    "cosine: got steps 4294967296, expected a whole number from 1 to 4294967295; ",
  ],
  ["stepDecay", [{ learningRate: 1, every: 2 ** 32, factor: 1 }], "stepDecay: got every 4294967296, expected "],
  [
    "createTrainer",
    [device, { ...whole, data: { inputs: [1] } }],
    "createTrainer: data: targets: got undefined, expected an array of numbers; ",
  ],
  [
    "createTrainer",
    [device, { ...whole, data: "rows" }],
    'createTrainer: data: got "rows", expected an object of inputs, targets, columns, transfer, scale, offset; ',
  ],
  [
    "createTrainer",
    [device, { ...whole, seed: "7" }],
    'createTrainer: got seed "7", expected a whole number from 0 to ',
  ],
  [
    "createTrainer",
    [device, { ...whole, batch: "1" }],
    'createTrainer: got batch "1", expected a whole number from 1 to 4294967295; ',
  ],
  [
    "createTrainer",
    [device, { ...whole, data: { ...data, target: [1] } }],
    'createTrainer: data: got option "target", expected inputs, targets, columns, transfer, scale, offset; write targets.',
  ],
  [
    "createTrainer",
    [device, { ...whole, data: { ...data, inputs: [1, "2"] } }],
    'createTrainer: data: inputs: row 1, column 2: got "2", expected a finite number that float32 can hold; ',
  ],
  [
    "createTrainer",
    [device, { ...whole, data: { ...data, targets: [1, [2]] } }],
    "createTrainer: data: targets: row 1, column 2: got a list of 1, expected a finite number ",
  ],
  ...["shuffle", "fuse", "oneDispatch", "reuse"].map(
    (flag) =>
      [
        "createTrainer",
        [device, { ...whole, [flag]: "false" }],
        `createTrainer: got ${flag} "false", expected true or false; set ${flag} to true or false.`,
      ] as const,
  ),
  [
    "createTrainer",
    [device, { ...whole, tune: {} }],
    "createTrainer: got tune .*, expected what tuner\\(\\) makes or tune\\(\\) gave; ",
  ],
  ["createPredictor", [], "createPredictor: got undefined, expected a device; "],
  ["createPredictor", [device, { model, loss, inputs: 2 }], "createPredictor: got no parameters, expected "],
  [
    "createPredictor",
    [device, { model, loss, inputs: 2, parameters: [1] }],
    "createPredictor: parameters: got a list of 1, expected an object",
  ],
  [
    "createPredictor",
    [device, { model: {}, loss, inputs: 2, parameters: {} }],
    "createPredictor: model: got .*, expected a model; ",
  ],
  [
    "createPredictor",
    [device, { model, loss: "hinge", inputs: 2, parameters: {} }],
    'model: loss: got "hinge", expected one of ',
  ],
  ["openDevice", [null], "openDevice: got null, expected an object of gpu, limits, powerPreference, device, adapter; "],
  [
    "openDevice",
    [{ limit: "default" }],
    'openDevice: got option "limit", expected gpu, limits, powerPreference, device, adapter; write limits.',
  ],
  ["openDevice", [{ limits: "all" }], 'openDevice: got limits "all", expected one of adapter, default; '],
  [
    "openDevice",
    [{ gpu: {} }],
    "openDevice: got gpu .*, expected an entry point of WebGPU, such as navigator.gpu; leave gpu out ",
  ],
  ["planTraining", [], "planTraining: got undefined, expected an object of model, loss, "],
  ["planTraining", [{}], "planTraining: got no model, expected model, loss, optimizer, inputs, rows; add model."],
  ["planTraining", [{ ...sizes, bytes: 1 }], "planTraining: got bytes 1, expected true or false; "],
  ["planTraining", [{ ...sizes, optimizer: {} }], "planTraining: optimizer: got .*, expected an optimizer; "],
  ["planTraining", [{ ...sizes, model: {} }], "planTraining: model: got .*, expected a model; "],
  [
    "planTraining",
    [{ ...sizes, model: { layers: [] } }],
    "planTraining: model: got no layers, expected a list of at least one layer; ",
  ],
  ["planTraining", [{ ...sizes, rows: 0 }], "planTraining: got rows 0, expected a whole number from 1 to "],
  ["planTraining", [{ ...sizes, batch: 2 }], "planTraining: got batch 2, expected at most 1, the rows of the data; "],
  ["planTraining", [{ ...sizes, precision: "f64" }], 'planTraining: got precision "f64", expected one of f32, f16; '],
  [
    "planTraining",
    [{ ...sizes, precision: "f16", fuse: false }],
    'planTraining: got precision "f16" with fuse: false, expected the fused plan, ',
  ],
  ["planTraining", [{ ...sizes, row: 3 }], 'planTraining: got option "row", expected .*; write rows.'],
  ["tune", [], "tune: got .*, expected .*"],
  ["tuner", [{ cash: 3 }], 'tuner: got option "cash", expected cache, seconds; '],
  [
    "tuner",
    [{ cache: {} }],
    "tuner: got cache .*, expected an object with get\\(key\\) and set\\(key, text\\); give a Map",
  ],
  ["tuner", [{ cache: { get() {} } }], "tuner: got cache .*, expected an object with get"],
  ["tuner", [{ seconds: 0 }], "tuner: got seconds 0, expected a number above 0; "],
  ["tuner", [3], "tuner: got 3, expected an object of cache, seconds; "],
  ["sequential", [dense(3), dense(4)], "sequential: got .*, expected a list of at least one layer; "],
  ["dense", [], "dense: got units undefined, expected a whole number from 1 to 4294967295; "],
  ["dense", ["8"], 'dense: got units "8", expected a whole number from 1 to 4294967295; '],
  ["dense", [8, "ReLU"], 'dense: got activation "ReLU", expected one of identity, .*; write relu.'],
  [
    "dense",
    [8, "relu", null],
    "dense: got null, expected an object of inputs, trainable, initializer, biasInitializer, bias; ",
  ],
  ["dense", [8, "relu", { Bias: false }], 'dense: got option "Bias", expected .*; write bias.'],
  ["dense", [8, "relu", { trainable: "no" }], 'dense: trainable: got "no", expected an object of weights, bias; '],
  [
    "dense",
    [8, "relu", { trainable: { weights: true } }],
    "dense: trainable: got no bias, expected weights, bias; add bias.",
  ],
  [
    "dense",
    [8, "relu", { trainable: { weights: true, bias: "no" } }],
    'dense: trainable: got bias "no", expected true or false; ',
  ],
  ["dense", [8, "relu", { bias: "no" }], 'dense: got bias "no", expected true or false; set bias to true or false.'],
  [
    "dense",
    [8, "relu", { initializer: "he" }],
    'dense: got initializer "he", expected he\\(\\), glorot\\(\\), torchLinear\\(\\) or uniform\\(limit\\); ',
  ],
  ["he", ["gauss"], 'he: got distribution "gauss", expected one of uniform, normal; '],
  ["glorot", [1], "glorot: got distribution 1, expected one of uniform, normal; "],
  ["uniform", ["1"], 'uniform: got limit "1", expected a number above 0 in float32\'s range; '],
  ["sgd", [], "sgd: got undefined, expected an object of learningRate, "],
  ["sgd", [0.1], "sgd: got 0.1, expected an object of learningRate, "],
  ["sgd", [{}], "sgd: got no learningRate, expected learningRate; add learningRate."],
  ["sgd", [{ learningrate: 0.1 }], 'sgd: got option "learningrate", expected learningRate, .*; write learningRate.'],
  ["sgd", [{ learning_rate: 0.1 }], "sgd: got option .*; write learningRate."],
  ["sgd", [{ lerningRate: 0.1 }], "sgd: got option .*; write learningRate."],
  ["sgd", [{ learningRate: "0.1" }], 'sgd: got learningRate "0.1", expected a number above 0 in float32\'s range; '],
  ["sgd", [{ learningRate: { kind: "linear" } }], "sgd: got learningRate .*, expected a number or a schedule; "],
  ["sgd", [{ learningRate: null }], "sgd: got learningRate null, expected a number or a schedule; "],
  [
    "sgd",
    [{ learningRate: 0.1, momentum: "0.9" }],
    'sgd: got momentum "0.9", expected a number from 0 to below 1, in float32 too; ',
  ],
  ["sgd", [{ learningRate: 0.1, decayBiases: 1 }], "sgd: got decayBiases 1, expected true or false; "],
  ["adam", [{ learningRate: 0.1, decayBiases: "no" }], 'adam: got decayBiases "no", expected true or false; '],
  ["adam", [], "adam: got undefined, expected an object of learningRate, "],
  ["adamw", [{ learningRate: 0.1, decay: "per-batch" }], 'adamw: got option "decay", expected .*; leave decay out.'],
  ["cosine", [], "cosine: got undefined, expected an object of learningRate, steps, "],
  ["cosine", [{ learningRate: 0.1 }], "cosine: got no steps, expected learningRate, steps; add steps."],
  ["stepDecay", [{ learningRate: 0.1, every: 3 }], "stepDecay: got no factor, expected learningRate, every, factor; "],
  ["sweep", [], "sweep: got undefined, expected a device; open one with await openDevice()"],
  [
    "sweep",
    [device, { model, loss, data }],
    "sweep: got no variants, expected model, loss, data, variants; add variants.",
  ],
  ["sweep", [device, whole], 'sweep: got option "optimizer", expected model, loss, data, batch, shuffle, variants; '],
  [
    "sweep",
    [device, { model, loss, data, variants: [], shuffle: 0 }],
    "sweep: got shuffle 0, expected true or false; ",
  ],
  [
    "sweep",
    [device, { model, loss, data, variants: [undefined] }],
    "sweep: variants\\[0\\]: got undefined, expected an ",
  ],
  [
    "sweep",
    [device, { model, loss, data, variants: [{ optimizer }], batch: 2 }],
    "sweep: got batch 2, expected at most 1, the rows of the data; ",
  ],
  ["loadModel", [], "model: got undefined, expected the bytes of a file, as a Uint8Array or an ArrayBuffer; "],
  ["loadModel", ["model.safetensors"], 'model: got "model.safetensors", expected the bytes of a file'],
  ["formatPlan", [], "formatPlan: got undefined, expected a plan; give trainer.plan or what planTraining gives."],
  ["describeStep", [], "describeStep: got undefined, expected a step of a plan; give one of plan.steps."],
  ["describeStep", [{ kernel: "toString" }], "describeStep: got .*, expected a step of a plan; "],
  ["formatBytes", ["1"], 'formatBytes: got bytes "1", expected a number of at least 0; '],
  ["createReferenceTrainer", [], "createReferenceTrainer: got undefined, expected an object of model, loss, "],
  [
    "createReferenceTrainer",
    [{ ...whole, fuse: "false" }],
    'createReferenceTrainer: got fuse "false", expected true or false; ',
  ],
  [
    "createReferenceTrainer",
    [{ ...whole, data: { ...data, input: [1] } }],
    'createReferenceTrainer: data: got option "input", expected .*; write inputs.',
  ],
  [
    "createReferenceTrainer",
    [{ ...whole, batch: 2 }],
    "createReferenceTrainer: got batch 2, expected at most 1, the rows of the data; ",
  ],
  [
    "createReferenceTrainer",
    [{ ...whole, optimizer: {} }],
    "createReferenceTrainer: optimizer: got .*, expected an optimizer; ",
  ],
  ["bytesByRole", [{}], "bytesByRole: got .*, expected a plan; "],
];

describe("a call from plain JavaScript is refused by name:", () => {
  it.each(calls.map(([name, given, message]) => ({ name, given, message })))(
    "$name › $message",
    async ({ name, given, message }) => {
      expect(await misuse(name, ...given)).toMatch(new RegExp(`^(Model|Shape|Data|Plan)Error: ${message}`));
    },
  );

  it("every function of the surface is among them", () => {
    const functions = Object.entries(chainrule).filter(
      ([name, value]) => typeof value === "function" && /^[a-z]/.test(name),
    );
    // The last two take no argument.
    const called = [...calls.map(([name]) => name), "localStorageCache", "torchLinear"];
    expect(functions.map(([name]) => name).filter((name) => !called.includes(name))).toEqual([]);
  });
});

describe("checkOptions", () => {
  interface Abc {
    a: number;
    b?: number | undefined;
    c?: number;
  }

  it("takes what is needed and what may be, and undefined for what may be left out", () => {
    expect(() => checkOptions<Abc>("call", { a: 1, b: undefined }, { a: 1, b: 0, c: 0 })).not.toThrow();
    expect(() => checkOptions<Partial<Abc>>("call", {}, { a: 0, b: 0, c: 0 })).not.toThrow();
  });

  it("knows each option of its type, and how each is taken, or does not compile", () => {
    // Only compiled, never called.
    const wrong = (abc: Abc, flags: { flag?: boolean }) => {
      // @ts-expect-error: c is missing
      checkOptions("call", abc, { a: 1, b: 0 });
      // @ts-expect-error: d is one too many
      checkOptions("call", abc, { a: 1, b: 0, c: 0, d: 0 });
      // @ts-expect-error: b may be left out
      checkOptions("call", abc, { a: 1, b: 1, c: 0 });
      // @ts-expect-error: a must be there
      checkOptions("call", abc, { a: 0, b: 0, c: 0 });
      // @ts-expect-error: it is true or false
      checkOptions("call", flags, { flag: 0 });
    };
    expect(wrong).toBeTypeOf("function");
    expect(() => checkOptions<{ flag?: boolean }>("call", {}, { flag: 2 })).not.toThrow();
  });

  it.each(["toString", "__proto__"])("knows no option of the name %s", (name) => {
    expect(() => checkOptions<{ b?: number }>("call", JSON.parse(`{ "${name}": 1 }`), { b: 0 })).toThrow(
      `got option "${name}"`,
    );
  });
});

describe("what is thrown as a call reads what it was given", () => {
  const thrown = (cause: unknown) => {
    const inputs = Object.defineProperty({ length: 2 }, 0, {
      get: () => {
        throw cause;
      },
    });
    return { ...whole, data: { inputs, targets: [1, 2] } };
  };

  it.each([
    [
      new TypeError("it\nis none"),
      "ModelError",
      "TypeError: it\\nis none as it was read, expected plain data; give plain data.",
    ],
    [
      new RangeError("Array buffer allocation failed"),
      "DeviceError",
      "RangeError: Array buffer allocation failed as it was read, expected less data; give less data.",
    ],
    [1, "ModelError", "1 as it was read, expected plain data; give plain data."],
  ])("is told, and is the cause: %s", (cause, name, words) => {
    let error: unknown;
    try {
      loose.createReferenceTrainer?.(thrown(cause));
    } catch (refused) {
      error = refused;
    }
    expect(error).toMatchObject({ name, message: `createReferenceTrainer: got ${words}`, cause });
  });

  it("is not that there is no copy of it", async () => {
    const trainer = chainrule.createReferenceTrainer({ ...whole, loss: "halfSquaredError" }) as unknown as Readonly<
      Record<"load" | "save", (given: unknown) => Promise<unknown>>
    >;
    await expect(trainer.load(() => 1)).rejects.toThrow("model: got a value of type Function, expected the bytes");
    await expect(trainer.save({ metadata: { a: () => 1 } })).rejects.toThrow(
      'save: metadata "a": got a value of type Function, expected',
    );
  });
});
