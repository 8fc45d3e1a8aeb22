import { afterAll, describe, expect, test } from "vitest";
import * as chainrule from "../../src/index.ts";
import { hostile, outcomeOf, placed, placesIn } from "../helpers/hostile.ts";

/** What no call of the library takes: each value in each place of what each is given, without a GPU. */

const { dense, sequential, sgd, cosine } = chainrule;
type Loose = Readonly<Record<string, (...given: readonly unknown[]) => unknown>>;
const loose = chainrule as unknown as Loose;
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value));

const frozen = { bias: true, initializer: chainrule.he(), trainable: { weights: true, bias: true } };
const model = plain(sequential([dense(2, "relu", frozen), dense(2)]));
const optimizer = plain(sgd({ learningRate: cosine({ learningRate: 0.1, steps: 9 }), weightDecay: 0.1 }));
const data = { inputs: [1, 2, 3, 4], targets: [0, 1], columns: 2 };
const flags = { shuffle: true, fuse: true, oneDispatch: true, reuse: true };
const training = { model, loss: "softmaxCrossEntropy", optimizer, data, batch: 2, seed: 1, capacity: 2, ...flags };
const decaying = { weightDecay: 1, decayBiases: true };
const moments = { beta1: 0.5, beta2: 0.5, epsilon: 1e-8 };
const layer = { initializer: { kind: "he", distribution: "normal" }, biasInitializer: { kind: "uniform", limit: 1 } };

const trainer = chainrule.createReferenceTrainer(training as unknown as chainrule.TrainerOptions);
afterAll(() => trainer.dispose());
const { plan } = trainer;
const file = await trainer.save();

/** The functions of the library, each with all that it can be given. */
const functions: Readonly<Record<string, readonly unknown[]>> = {
  dense: [2, "relu", { inputs: 2, bias: true, trainable: { weights: true, bias: false }, ...layer }],
  sequential: [model.layers],
  sgd: [{ learningRate: optimizer.schedule, ...decaying, decay: "per-step", momentum: 0.5 }],
  adam: [{ learningRate: 0.1, ...decaying, ...moments, decay: "per-step" }],
  adamw: [{ learningRate: 0.1, ...decaying, ...moments }],
  cosine: [{ learningRate: 0.1, steps: 9, warmup: 2, finalLearningRate: 0.01 }],
  stepDecay: [{ learningRate: 0.1, every: 2, factor: 0.5 }],
  he: ["normal"],
  glorot: ["normal"],
  uniform: [1],
  planTraining: [
    {
      model,
      loss: "softmaxCrossEntropy",
      optimizer,
      inputs: 2,
      rows: 2,
      bytes: false,
      batch: 2,
      precision: "f32",
      ...flags,
    },
  ],
  createReferenceTrainer: [training],
  loadModel: [file, "net.safetensors"],
  tuner: [{ cache: { get: () => undefined, set: () => undefined }, seconds: 1 }],
  createTrainer: [undefined, training],
  createPredictor: [undefined, { model, loss: "softmaxCrossEntropy", inputs: 2, parameters: {} }],
  sweep: [undefined, { model, loss: "softmaxCrossEntropy", data, variants: [{ optimizer, seed: 1 }] }],
  tune: [undefined, plan, { seconds: 1 }],
  formatBytes: [5],
};

/** Those that read plans of the library's own, which are checked for what they are in the first place alone. */
const readers: Readonly<Record<string, readonly unknown[]>> = {
  formatPlan: [plan],
  bytesByRole: [plan],
  describeStep: [plan.steps[1]],
};

const zeros = Object.fromEntries(Object.entries(await trainer.parameters()).map(([name, one]) => [name, one.fill(0)]));

const methods: Readonly<Record<string, readonly unknown[]>> = {
  step: [1],
  fit: [{ epochs: 1, signal: new AbortController().signal }],
  evaluate: [data],
  predict: [[1, 2], {}],
  probe: [[1, 2], {}],
  setParameters: [zeros],
  setOptimizer: [optimizer],
  setData: [data],
  read: ["W1"],
  save: [{ optimizer: true, metadata: { note: "kept" } }],
  load: [file],
};

/** Numbers that some of these are, and that a place may take. */
const numbers = ["0.5", "2**32", "2**40", "2**53", "Infinity"];

/** The last names of places, and what they take of what is hostile elsewhere. */
const fitting: readonly (readonly [name: RegExp, ...values: readonly string[]])[] = [
  [/(learningRate|schedule|finalLearningRate|weightDecay|epsilon|factor|limit|seconds|uniform 0)$/, ...numbers],
  [/(momentum|beta1|beta2)$/, "0.5"],
  [/(shuffle|fuse|oneDispatch|reuse|bytes|bias|decayBiases|weights|trainable|optimizer)$/, "true"],
  [/formatBytes 0$/, ...numbers],
  // Options and names that hold nothing.
  [/^(dense 2|tuner 0|tune 2|predict 1|probe 1|setParameters 0|save 0|save 0\.metadata)$/, "no prototype"],
  [/^save 0\.metadata$/, "kind constructor"],
  [
    /^(dense 2|tuner 0|tune 2|predict 1|probe 1|setParameters 0|save 0|save 0\.metadata)$/,
    "length that throws",
    "kind that throws",
  ],
  [/cache$/, "Map", "WeakMap"],
  [/cache\.(get|set)$/, "function", "class", "revoked Proxy of a function"],
  // Texts.
  [/(metadata\.note|loadModel 1)$/, "empty text", "5", "constructor", "__proto__", "toString"],
];

const fits = (place: string, value: string) =>
  fitting.some(([name, ...values]) => name.test(place) && values.includes(value));

/** What is wrong with a call that is given each value in each place. */
async function wrongs(on: Loose, name: string, given: readonly unknown[], places = placesIn(given)): Promise<string[]> {
  const found: string[] = [];
  for (const path of places) {
    const place = `${name} ${path.join(".")}`;
    for (const [value, make] of Object.entries(hostile)) {
      const call = async () => on[name]?.(...(placed(given, path, make()) as readonly unknown[]));
      const outcome = await outcomeOf(call, free);
      const expected = fits(place, value) ? ["taken", "refused"] : ["refused"];
      if (!expected.includes(outcome)) found.push(`${place} = ${value}: ${outcome}`);
    }
  }
  return found;
}

const free = (made: unknown) => {
  const one = made as { dispose?: () => void } | undefined;
  if (typeof one?.dispose === "function") one.dispose();
};

describe("a value that fits nowhere is refused by the library's own error", () => {
  test.each(Object.entries(functions))("in each place of what %s is given", async (name, given) => {
    expect(await wrongs(loose, name, given)).toEqual([]);
  });

  test.each(Object.entries(readers))("as what %s is given", async (name, given) => {
    expect(await wrongs(loose, name, given, [[0]])).toEqual([]);
  });

  test.each(Object.entries(methods))(
    "in each place of what a trainer's %s is given, and leaves it as it was",
    async (name, given) => {
      const before = await trainer.parameters();
      // What is taken by step, fit and load is no value of these.
      expect(await wrongs(trainer as unknown as Loose, name, given)).toEqual([]);
      if (name !== "setParameters") expect(await trainer.parameters()).toEqual(before);
    },
  );

  test("and no function or method is left out", () => {
    const names = (one: object) =>
      Object.entries(one).flatMap(([name, value]) =>
        typeof value === "function" && /^[a-z]/.test(name) ? [name] : [],
      );
    // What takes no argument, and what opens a GPU.
    const none = ["localStorageCache", "torchLinear", "openDevice"];
    expect(
      names(chainrule).filter((name) => ![functions, readers].some((one) => name in one) && !none.includes(name)),
    ).toEqual([]);
    expect(names(trainer).filter((name) => !(name in methods) && !["parameters", "dispose"].includes(name))).toEqual(
      [],
    );
  });
});

describe("more than there is memory for", () => {
  const wide = (units: number, columns: number) => ({
    ...training,
    model: sequential([dense(units), dense(2)]),
    data: { inputs: new Float32Array(columns), targets: [0], columns },
    batch: 1,
    capacity: 1,
  });

  test.each([
    [2 ** 32 - 1, 4],
    [2 ** 31, 9000],
  ])("is refused by the reference as a DeviceError: %i units on %i columns", async (units, columns) => {
    const call = () => chainrule.createReferenceTrainer(wide(units, columns) as unknown as chainrule.TrainerOptions);
    expect(call).toThrow(chainrule.DeviceError);
    expect(call).toThrow(/^train plan on the CPU: got .* GiB, expected tensors for which there is memory; /);
  });

  test.each([2 ** 53 - 4, -8, 2 ** 40])("is refused of a list of length %d", async (length) => {
    const call = () => trainer.predict({ length } as ArrayLike<number>);
    await expect(call()).rejects.toThrow(`predict: inputs: got length ${length}, expected an array of numbers; `);
  });
});
