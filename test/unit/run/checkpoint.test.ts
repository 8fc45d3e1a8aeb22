import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { createReferenceTrainer } from "../../../src/cpu/trainer.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../src/data/safetensors.ts";
import { ModelError, ShapeError } from "../../../src/errors.ts";
import { LARGEST_LOSS_SCALE } from "../../../src/kernels/control.ts";
import { he, torchLinear } from "../../../src/model/initializer.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import { type Rule, sgd, stateWidths } from "../../../src/model/optimizer.ts";
import { encodeModel, loadModel, type TrainingState } from "../../../src/run/checkpoint.ts";
import { initialParameters, parameterSpecs, resolveNetwork } from "../../../src/run/network.ts";
import { fileOptimizer } from "../../../src/run/progress.ts";
import { refusal } from "../../helpers/refusal.ts";
import { oldFile, oldOptions } from "../../helpers/version-1.ts";

const model = sequential([
  dense(3, "relu", {
    initializer: he("normal"),
    biasInitializer: torchLinear(),
    trainable: { weights: true, bias: false },
  }),
  dense(2, "identity", { bias: false }),
]);
const network = resolveNetwork(model, 4, "softmaxCrossEntropy");
const parameters = { ...initialParameters(network.layers, 1), b1: new Float32Array([1, -2, 0.5]) };
const training: TrainingState = {
  progress: {
    step: 12,
    correction1: 0.5,
    correction2: 0.125,
    beta1: 0.75,
    beta2: 0.875,
    order: { rows: 70, batch: 32, seed: 3, shuffle: true, epoch: 4, row: 0 },
  },
  optimizer: fileOptimizer("adam"),
  state: {
    state_W1: Float32Array.from({ length: 24 }, (_, index) => index),
    state_W2: new Float32Array(12).fill(5),
  },
};

const saved = encodeModel(network, { ...parameters, ...training.state }, training, { author: "me" });

/** The saved file with its tensors and description changed. */
function forged(
  change: (description: Record<string, unknown>) => unknown,
  tensors: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly data: Float32Array | Uint32Array }>
  > = {},
  without: readonly string[] = [],
): Uint8Array<ArrayBuffer> {
  const file = decodeSafetensors(saved);
  const description = change(JSON.parse(file.metadata.chainrule ?? ""));
  const kept = Object.entries({ ...file.tensors, ...tensors }).filter(([name]) => !without.includes(name));
  const text = typeof description === "string" ? description : JSON.stringify(description);
  return encodeSafetensors(Object.fromEntries(kept), { ...file.metadata, chainrule: text });
}

const refused = (bytes: Uint8Array) => refusal(() => loadModel(bytes, "net.safetensors"));

const message = (got: string, expected: string) =>
  `DataError: net.safetensors: got ${got}, expected ${expected}; use a file that chainrule wrote.`;

describe("a saved model", () => {
  it("comes back as it was", () => {
    expect(loadModel(saved)).toEqual({
      model,
      inputs: 4,
      loss: "softmaxCrossEntropy",
      parameters,
      training,
      metadata: { author: "me" },
    });
  });

  it("comes back without what belongs to training where that was left out", () => {
    const loaded = loadModel(encodeModel(network, parameters, undefined, {}));
    expect(loaded.training).toBeUndefined();
    expect(loaded.parameters).toEqual(parameters);
    expect(loaded.metadata).toEqual({});
  });

  it("is a file for PyTorch: keys of an nn.Sequential, and format pt", () => {
    const { tensors, metadata } = decodeSafetensors(saved);
    const shapes = Object.entries(tensors).map(([name, { shape }]) => [name, shape]);
    expect(Object.fromEntries(shapes)).toEqual({
      "0.weight": [3, 4],
      "0.bias": [3],
      "2.weight": [2, 3],
      "optimizer.0.weight": [3, 4, 2],
      "optimizer.2.weight": [2, 3, 2],
    });
    expect(metadata.format).toBe("pt");
    expect(tensors["0.bias"]?.data).toEqual(new Float32Array([1, -2, 0.5]));
  });

  it("holds one number of state an element for momentum, and two for Adam", () => {
    const momentum = { W1: new Float32Array(12).fill(2), W2: new Float32Array(6).fill(3) };
    const state = { state_W1: momentum.W1, state_W2: momentum.W2 };
    const by = { progress: training.progress, optimizer: fileOptimizer("momentum") };
    const bytes = encodeModel(network, { ...parameters, ...state }, by, {});
    expect(decodeSafetensors(bytes).tensors["optimizer.0.weight"]).toEqual({ shape: [3, 4], data: momentum.W1 });
    expect(loadModel(bytes).training).toEqual({ ...by, state });
  });

  it("names its optimizer and what that keeps", () => {
    const { version, optimizer } = JSON.parse(decodeSafetensors(saved).metadata.chainrule ?? "");
    expect({ version, optimizer }).toEqual({ version: 2, optimizer: { kind: "adam", state: ["m", "v"] } });
  });

  it("keeps no state of sgd, nor names an optimizer where nothing is trained", () => {
    const bytes = encodeModel(network, parameters, { ...training, optimizer: fileOptimizer("sgd") }, {});
    expect(loadModel(bytes).training).toEqual({ ...training, optimizer: { kind: "sgd", state: [] }, state: {} });
    const frozen = resolveNetwork(sequential([dense(2, "identity", { trainable: false })]), 4, "softmaxCrossEntropy");
    const file = encodeModel(frozen, initialParameters(frozen.layers, 1), { ...training, optimizer: undefined }, {});
    expect(loadModel(file).training).toEqual({ ...training, optimizer: undefined, state: {} });
  });

  it("does not change when it is forged without a change", () => {
    expect(loadModel(forged((description) => description))).toEqual(loadModel(saved));
  });
});

describe("a file of version 1", () => {
  const rates = { beta1: Math.fround(0.9), beta2: Math.fround(0.999) };
  // 1 − βᵗ after 5 steps, as float32 summed it.
  const corrections = { correction1: 0.40950998668059724, correction2: 0.004990010360502498 };
  const none = { correction1: 0, correction2: 0, beta1: 0, beta2: 0 };

  it.each([
    ["sgd", none, undefined],
    ["momentum", none, 1],
    ["adam", { ...corrections, ...rates }, 2],
    ["adamw", { ...corrections, ...rates }, 2],
    ["f16", { ...corrections, ...rates, lossScale: 1024, skipped: false }, 2],
  ])("of %s is read as it was, by the shapes of its state", (name, progress, width) => {
    const { model, inputs, loss, parameters, training, metadata } = loadModel(oldFile(name));
    expect({ model, inputs, loss, metadata }).toEqual({
      model: oldOptions.model,
      inputs: 2,
      loss: "softmaxCrossEntropy",
      metadata: {},
    });
    expect(training?.progress).toEqual({ step: 5, ...progress });
    expect(training?.optimizer).toBeUndefined();
    const { tensors } = decodeSafetensors(oldFile(name));
    for (const { name, key, shape } of parameterSpecs(resolveNetwork(model, inputs, loss).layers)) {
      expect(parameters[name]).toEqual(tensors[key]?.data);
      const state = training?.state[`state_${name}`];
      expect(state).toEqual(tensors[`optimizer.${key}`]?.data);
      expect(state?.length).toBe(width && width * shape.reduce((product, size) => product * size, 1));
    }
  });

  it.each([{}, null, 3])("has no order of the rows, and what stands for one is not read: %j", (order) => {
    const { tensors, metadata } = decodeSafetensors(oldFile("adam"));
    const { training, ...others } = JSON.parse(metadata.chainrule ?? "");
    const chainrule = JSON.stringify({ ...others, training: { ...training, order } });
    const read = loadModel(encodeSafetensors(tensors, { ...metadata, chainrule }));
    expect(read).toStrictEqual(loadModel(oldFile("adam")));
  });

  it("without what belongs to training gives the parameters of the one with it", () => {
    const alone = loadModel(oldFile("alone"));
    expect(alone).toEqual({ ...loadModel(oldFile("adam")), training: undefined, metadata: { author: "me" } });
  });
});

describe("the optimizer of a file", () => {
  it.each(Object.entries(stateWidths))("%s names as many numbers an element as it keeps: %d", (kind, width) => {
    expect(fileOptimizer(kind as Rule).state).toHaveLength(width);
  });
});

describe("save", async () => {
  const trainer = createReferenceTrainer({ ...oldOptions, optimizer: sgd({ learningRate: 0.1 }) });
  const refused = (metadata: unknown) =>
    trainer.save({ metadata: metadata as Record<string, string> }).then(
      () => "no error",
      (error: Error) => `${error.name}: ${error.message}`,
    );

  it.each([
    ["a number", 3, "3"],
    ["nothing", undefined, "undefined"],
    ["an object", { a: 1 }, "a value of type Object"],
  ])("refuses %s in the metadata", async (_, value, got) => {
    expect(await refused({ author: "me", note: value })).toBe(
      `ModelError: save: metadata "note": got ${got}, expected text; write it as text, with JSON.stringify say.`,
    );
  });

  it.each(["chainrule", "format"])("refuses the key %s", async (key) => {
    expect(await refused({ [key]: "mine" })).toBe(
      `ModelError: save: metadata "${key}": got a key of the file's own, expected another; rename it.`,
    );
  });

  it.each([null, "text", ["text"]])("refuses %j as metadata", async (metadata) => {
    expect(await refused(metadata)).toMatch(
      /^ModelError: save: metadata: got .*, expected an object of texts; give an object/,
    );
  });

  it.each([new Map([["author", "me"]]), new Set(["me"])])("refuses %o as metadata", async (metadata) => {
    expect(await refused(metadata)).toMatch(
      /^ModelError: save: metadata: got .*, expected an object of texts; give Object\.fromEntries of it\.$/,
    );
  });

  it("takes text under any other key, and none", async () => {
    expect(await refused({})).toBe("no error");
    expect(await refused({ "": "", Format: "mine", "chainrule.table": "{}" })).toBe("no error");
  });
});

it("loadModel reads bytes of another realm", () => {
  const foreign = runInNewContext("new Uint8Array(length)", { length: saved.length }) as Uint8Array<ArrayBuffer>;
  foreign.set(saved);
  expect(foreign).not.toBeInstanceOf(Uint8Array);
  for (const bytes of [foreign, foreign.buffer]) expect(loadModel(bytes)).toEqual(loadModel(saved));
});

describe("loadModel refuses", () => {
  it("a file cut short, with its name", () => {
    expect(refused(saved.subarray(0, saved.length - 4))).toMatch(/^DataError: net\.safetensors: .*cut short/);
    expect(refused(new Uint8Array(3))).toMatch(/^DataError: net\.safetensors: got a file of 3 bytes/);
  });

  it("a file without description", () => {
    const { tensors } = decodeSafetensors(saved);
    expect(refused(encodeSafetensors(tensors, { format: "pt" }))).toBe(
      message("a safetensors file without a description of its network", 'metadata "chainrule"'),
    );
  });

  it("a description that is no JSON", () => {
    expect(refused(forged(() => "{"))).toBe(
      message("a description that is no JSON", "the description that chainrule wrote"),
    );
  });

  it.each([
    ["a later version, whatever its form", 3, { layers: [] }],
    ["a later version, whatever its form", 4, undefined],
    ["a version that there never was", 0, undefined],
    ["a version that there never was", 1.5, undefined],
  ])("%s: %d", (_, version, model) => {
    expect(refused(forged((description) => ({ ...description, version, ...(model && { model }) })))).toBe(
      `DataError: net.safetensors: got a description of version ${version}, expected version 1 or 2; ` +
        "read it with the version of chainrule that wrote it.",
    );
  });

  it.each([
    [{ kind: "rmsprop", state: ["v"] }, 'optimizer "rmsprop"', "one of sgd, momentum, adam, adamw"],
    [{ kind: "toString", state: [] }, 'optimizer "toString"', "one of sgd, momentum, adam, adamw"],
    [{ state: [] }, "optimizer undefined", "one of sgd, momentum, adam, adamw"],
    [{ kind: "adam" }, "adam with state undefined", "adam with state [m, v]"],
    [{ kind: "adam", state: ["v", "m"] }, "adam with state [v, m]", "adam with state [m, v]"],
    [{ kind: "adam", state: ["m"] }, "adam with state [m]", "adam with state [m, v]"],
    [{ kind: "sgd", state: ["v"] }, "sgd with state [v]", "sgd with state []"],
    [{ kind: "adam", state: [["m"], ["v"]] }, "adam with state a list of 2", "adam with state [m, v]"],
    [{ kind: "adam", state: ["m, v"] }, "adam with state [m, v]", "adam with state [m, v]"],
    [{ kind: ["adam"], state: ["m", "v"] }, "optimizer a list of 1", "one of sgd, momentum, adam, adamw"],
    [undefined, "training by no optimizer", "the optimizer's name"],
  ])("an optimizer that it does not know: %j", (optimizer, got, expected) => {
    expect(refused(forged((description) => ({ ...description, optimizer })))).toBe(message(got, expected));
  });

  it.each([
    ["momentum", ["v"], "optimizer.0.weight [3, 4, 2]", "optimizer.0.weight [3, 4] of f32"],
    ["sgd", [], "a tensor optimizer.0.weight", "none that sgd does not keep"],
  ])("state of another optimizer than %s, which it names", (kind, state, got, expected) => {
    const bytes = forged((description) => ({ ...description, optimizer: { kind, state } }));
    expect(refused(bytes)).toBe(message(got, expected));
  });

  const textless = { toString: 1 };
  const order = { ...training.progress.order, batch: textless };
  it.each([
    [
      "a state",
      { optimizer: { kind: "adam", state: [textless] } },
      "adam with state a list of 1",
      "adam with state [m, v]",
    ],
    [
      "an optimizer",
      { optimizer: { kind: textless } },
      "optimizer a value of type Object",
      "one of sgd, momentum, adam, adamw",
    ],
    [
      "a batch",
      { training: { ...training.progress, order } },
      "training.order.batch an object",
      "a whole number from 1 to 4294967295",
    ],
    [
      "a scale",
      { bytes: { scale: textless, offset: 0 } },
      "bytes of scale a value of type Object and offset 0",
      "finite numbers that float32 can hold",
    ],
  ])("what has no text as %s", (_, given, got, expected) => {
    expect(refused(forged((description) => ({ ...description, ...given })))).toBe(message(got, expected));
  });

  it("state that is missing, and state of what is not trained", () => {
    expect(refused(forged((same) => same, {}, ["optimizer.2.weight"]))).toBe(
      message("no tensor optimizer.2.weight", "optimizer.2.weight [2, 3, 2] of f32"),
    );
    const bias = { shape: [3, 2], data: new Float32Array(6) };
    expect(refused(forged((same) => same, { "optimizer.0.bias": bias }))).toBe(
      message("a tensor optimizer.0.bias", "none that adam does not keep"),
    );
  });

  it.each([
    ["null", null],
    ["a list", []],
    ["no version", { version: undefined }],
    ["a version in words", { version: "1" }],
    ["no model", { model: undefined }],
    ["a model without layers", { model: {} }],
    ["layers that are no list", { model: { layers: {} } }],
    ["a layer that is no object", { model: { layers: [3] } }],
    ["a layer of another kind", { model: { layers: [{ kind: "convolution", units: 3, activation: "relu" }] } }],
    ["inputs in words", { inputs: "4" }],
    ["no loss", { loss: undefined }],
    ["training that is no object", { training: 3 }],
    ["an optimizer that is no object", { optimizer: "adam" }],
  ])("a description with %s", (_, change) => {
    const bytes = forged((description) =>
      change === null || Array.isArray(change) ? change : { ...description, ...change },
    );
    expect(refused(bytes)).toBe(message("a description of another form", "the description that chainrule wrote"));
  });

  const word = "a whole number from 0 to 4294967295";
  const share = "a number from 0 to 1";
  const lossScale = `a power of two from 1 to ${LARGEST_LOSS_SCALE}`;
  it.each([
    ["step", undefined, "undefined", word],
    ["step", 0.5, "0.5", word],
    ["step", -1, "-1", word],
    ["step", 2 ** 32, "4294967296", word],
    ["step", "12", '"12"', word],
    ["correction1", -0.5, "-0.5", share],
    ["correction1", 1.5, "1.5", share],
    ["correction2", "none", '"none"', share],
    ["beta1", undefined, "undefined", share],
    ["beta2", 2, "2", share],
    ["lossScale", 0, "0", lossScale],
    ["lossScale", 3, "3", lossScale],
    ["lossScale", 2 ** 17, "131072", lossScale],
    ["skipped", 1, "1", "true or false"],
  ])("training.%s of %j, by name", (name, value, got, expected) => {
    const bytes = forged((description) => ({ ...description, training: { ...training.progress, [name]: value } }));
    expect(refused(bytes)).toBe(message(`training.${name} ${got}`, expected));
  });

  it.each([
    ["rows", 0, "0", "a whole number from 1 to 4294967295"],
    ["rows", 2 ** 32, "4294967296", "a whole number from 1 to 4294967295"],
    ["batch", 0, "0", "a whole number from 1 to 4294967295"],
    ["batch", 2 ** 32, "4294967296", "a whole number from 1 to 4294967295"],
    ["seed", -1, "-1", word],
    ["seed", 2 ** 32, "4294967296", word],
    ["shuffle", 1, "1", "true or false"],
    ["epoch", 0.5, "0.5", word],
    ["epoch", 2 ** 32, "4294967296", word],
    ["row", 33, "33", "where one of the batches of 32 of 70 rows begins"],
    ["row", 96, "96", "where one of the batches of 32 of 70 rows begins"],
    ["row", undefined, "undefined", "where one of the batches of 32 of 70 rows begins"],
  ])("training.order.%s of %j, by name", (name, value, got, expected) => {
    const order = { ...training.progress.order, [name]: value };
    const bytes = forged((description) => ({ ...description, training: { ...training.progress, order } }));
    expect(refused(bytes)).toBe(message(`training.order.${name} ${got}`, expected));
  });

  it("training without an order of the rows", () => {
    const bytes = forged((description) => ({ ...description, training: { ...training.progress, order: undefined } }));
    expect(refused(bytes)).toBe(message("training.order undefined", "the order of the rows"));
  });

  it("neither the last step and epoch to go on from nor a correction at the ends", () => {
    const order = { ...training.progress.order, epoch: 2 ** 32 - 1 };
    const ends = { step: 2 ** 32 - 1, correction1: 0, correction2: 1, beta1: 0.5, beta2: 0, order };
    const bytes = forged((description) => ({ ...description, training: ends }));
    expect(loadModel(bytes).training?.progress).toEqual(ends);
  });

  it.each([
    ["no layers", { model: { layers: [] } }, ModelError, "sequential: got no layers"],
    ["a size of 0", { inputs: 0 }, ShapeError, "model: got inputs 0"],
    [
      "units of 2.5",
      { model: { layers: [{ kind: "dense", units: 2.5, activation: "relu" }] } },
      ShapeError,
      "dense: got units 2.5",
    ],
    [
      "an unknown activation",
      { model: { layers: [{ kind: "dense", units: 2, activation: "x" }] } },
      ModelError,
      "dense: got activation",
    ],
    ["an unknown loss", { loss: "hinge" }, ModelError, 'model: loss: got "hinge"'],
    [
      "sizes that do not fit",
      { inputs: 5, model: { layers: [{ ...dense(2), inputs: 4 }] } },
      ShapeError,
      "model: layer 1: got 4 inputs",
    ],
  ])("a network of %s, with the cause", (_, change, type, inner) => {
    const bytes = forged((description) => ({ ...description, ...change }));
    expect(refused(bytes).startsWith(`DataError: net.safetensors: got ${inner}`)).toBe(true);
    expect(refused(bytes).endsWith(", expected the description of a network; write the file anew.")).toBe(true);
    expect(() => loadModel(bytes)).toThrow(expect.objectContaining({ cause: expect.any(type) }));
  });

  it("a missing parameter", () => {
    expect(refused(forged((same) => same, {}, ["2.weight"]))).toBe(
      message("no tensor 2.weight", "2.weight [2, 3] of f32"),
    );
  });

  it.each([
    ["2.weight", [3, 2], [2, 3]],
    ["optimizer.2.weight", [3, 2, 2], [2, 3, 2]],
    ["optimizer.2.weight", [2, 2, 3], [2, 3, 2]],
    ["optimizer.2.weight", [12], [2, 3, 2]],
  ])("%s as %j, though of as many numbers", (name, shape, expected) => {
    const tensor = { shape, data: new Float32Array(shape.reduce((product, size) => product * size, 1)) };
    expect(refused(forged((same) => same, { [name]: tensor }))).toBe(
      message(`${name} [${shape.join(", ")}]`, `${name} [${expected.join(", ")}] of f32`),
    );
  });

  it("the velocity of a parameter transposed, in either version", () => {
    const velocities = {
      "optimizer.0.weight": { shape: [3, 4], data: new Float32Array(12) },
      "optimizer.2.weight": { shape: [3, 2], data: new Float32Array(6) },
    };
    for (const change of [{ optimizer: fileOptimizer("momentum") }, { optimizer: undefined, version: 1 }]) {
      const bytes = forged((description) => ({ ...description, ...change }), velocities);
      expect(refused(bytes)).toBe(message("optimizer.2.weight [3, 2]", "optimizer.2.weight [2, 3] of f32"));
    }
  });

  it("a parameter of whole numbers", () => {
    const tensor = { shape: [2, 3], data: new Uint32Array(6) };
    expect(refused(forged((same) => same, { "2.weight": tensor }))).toBe(
      message("2.weight [2, 3]", "2.weight [2, 3] of f32"),
    );
  });
});
