import assert from "node:assert/strict";
import * as fc from "fast-check";
import { createReferenceTrainer } from "../../../src/cpu/trainer.ts";
import { readCsv } from "../../../src/data/csv.ts";
import { descriptionKey, readDescription, type TableDescription } from "../../../src/data/description.ts";
import { knownRows } from "../../../src/data/problem.ts";
import { decodeSafetensors } from "../../../src/data/safetensors.ts";
import { undoScale } from "../../../src/data/scale.ts";
import { numbersOf } from "../../../src/data/table.ts";
import { NumericError } from "../../../src/errors.ts";
import { type Dense, dense, sequential } from "../../../src/model/layer.ts";
import type { Loss } from "../../../src/model/loss.ts";
import { adam, adamw, type Optimizer, sgd } from "../../../src/model/optimizer.ts";
import { loadModel } from "../../../src/run/checkpoint.ts";
import type { ReferenceTrainer } from "../../../src/run/types.ts";
import { oldFile, oldOptions, writers } from "../../helpers/version-1.ts";
import { seldom } from "./atoms.ts";
import { afterwards, encode, type Format, type Input, meter, type Reach, read } from "./format.ts";
import { type EditText, edits, nests } from "./json.ts";
import { type Mutate, mutants, mutations } from "./mutate.ts";

interface ModelInput extends Input {
  /** By which of the trainers of the seeds the file is loaded. */
  readonly trainer: number;
}

const softmax = "softmaxCrossEntropy";
const half = "halfSquaredError";

/** What a seed's file is written by. */
interface Writer {
  readonly layers: readonly Dense[];
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  readonly table?: TableDescription;
  /** Whether the file holds the network alone. */
  readonly alone?: boolean;
  readonly bytes?: boolean;
}

const scale = { kind: "standard", shift: [0.5, -1], factor: [2, 0.25] } as const;
const classes: TableDescription = {
  inputs: ["a", "b"],
  target: "kind",
  task: "classification",
  classes: ["no", "yes"],
  inputScale: scale,
};
const number: TableDescription = {
  inputs: ["x", "__proto__"],
  target: "y",
  task: "regression",
  classes: [],
  inputScale: { ...scale, kind: "minmax" },
  targetScale: { kind: "standard", shift: [10], factor: [0.5] },
};

const rate = { learningRate: 0.05 };
const frozen = { trainable: { weights: false, bias: true } };

const written: readonly Writer[] = [
  { layers: [dense(2)], loss: softmax, optimizer: sgd(rate), table: classes },
  { layers: [dense(3, "relu"), dense(2)], loss: softmax, optimizer: sgd({ ...rate, momentum: 0.9 }), table: classes },
  { layers: [dense(3, "tanh"), dense(1)], loss: half, optimizer: adam(rate), table: number },
  {
    layers: [dense(2, "sigmoid", { bias: false }), dense(1)],
    loss: half,
    optimizer: adamw(rate),
    table: number,
    alone: true,
  },
  { layers: [dense(3, "relu", frozen), dense(2)], loss: softmax, optimizer: adam(rate) },
  { layers: [dense(2, "sigmoid", { trainable: false })], loss: half, optimizer: sgd(rate) },
  { layers: [dense(2, "relu"), dense(2, "tanh"), dense(2)], loss: softmax, optimizer: sgd(rate), bytes: true },
];

function trainerOf({ layers, loss, optimizer, bytes }: Writer): ReferenceTrainer {
  const rows = [0, 1, 2, 3, 4, 5, 6, 7];
  const inputs = bytes ? Uint8Array.from(rows, (i) => 30 * i) : rows.map((i) => i / 4 - 1);
  const outputs = layers.at(-1)?.units ?? 1;
  const targets = loss === softmax ? [0, 1, 1, 0] : Array.from({ length: 4 * outputs }, (_, i) => i / 8);
  const data = { inputs, targets, columns: 2, ...(bytes ? { scale: 1 / 255, offset: -0.5 } : {}) };
  return createReferenceTrainer({ model: sequential(layers), loss, optimizer, data, batch: 3 });
}

async function fileOf(trainer: ReferenceTrainer, { table, alone }: Writer): Promise<Uint8Array> {
  for await (const _ of trainer.fit({ epochs: 2 }));
  const metadata = { ...(table && { [descriptionKey]: JSON.stringify(table) }), author: "me" };
  return trainer.save({ optimizer: !alone, metadata });
}

/** A file with changes in its header, in the texts of its metadata and in its numbers. */
interface Changes {
  readonly header: EditText;
  readonly network: EditText;
  readonly table: EditText;
  readonly words: readonly { readonly at: number; readonly word: number }[];
  readonly bytes: Mutate;
}

/** Floats as words: ±0, ±1, tiny, huge, infinite and none. */
const words = [0, 0x80000000, 0x3f800000, 0xbf800000, 1, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000];

const changes = (reach: Reach, seeds: readonly Uint8Array[]): fc.Arbitrary<Changes> =>
  fc.record({
    header: fc.oneof({ weight: 9, arbitrary: edits(reach, 0, 0) }, { weight: 1, arbitrary: edits(reach, 1, 2) }),
    network: fc.oneof({ weight: 3, arbitrary: edits(reach, 0, 0) }, { weight: 1, arbitrary: edits(reach, 1, 2) }),
    table: fc.oneof({ weight: 4, arbitrary: edits(reach, 0, 0) }, { weight: 1, arbitrary: edits(reach, 1, 2) }),
    words: fc.array(
      fc.record({
        at: fc.nat(0xffff),
        word: fc.oneof(
          { weight: 9, arbitrary: fc.constantFrom(...words.slice(0, 5)) },
          { weight: 1, arbitrary: fc.constantFrom(...words) },
        ),
      }),
      { maxLength: 2 },
    ),
    bytes: fc.oneof(
      { weight: 9, arbitrary: fc.constant<Mutate>((bytes) => bytes) },
      { weight: 1, arbitrary: mutations(seeds, reach, 1) },
    ),
  });

const START = 8;

/** The header of a file, and where its data begin. */
function headerOf(file: Uint8Array): readonly [header: string, start: number] {
  const start = START + new DataView(file.buffer, file.byteOffset).getUint32(0, true);
  return [new TextDecoder().decode(file.subarray(START, start)), start];
}

/** As the format lays a file out, whatever it says. */
function laidOut(header: string, data: Uint8Array): Uint8Array {
  const json = encode(header);
  const file = new Uint8Array(START + json.length + data.length);
  new DataView(file.buffer).setUint32(0, json.length, true);
  file.set(json, START);
  file.set(data, START + json.length);
  return file;
}

function changed(file: Uint8Array, { header, network, table, words, bytes }: Changes): Uint8Array {
  const [text, start] = headerOf(file);
  const parsed = JSON.parse(text) as { __metadata__: Record<string, string> };
  const metadata = parsed.__metadata__;
  for (const [key, edit] of [["chainrule", network] as const, [descriptionKey, table] as const]) {
    if (metadata[key] !== undefined) metadata[key] = edit(metadata[key]);
  }
  const data = Uint8Array.from(file.subarray(start));
  const view = new DataView(data.buffer);
  for (const { at, word } of words) {
    if (data.length > 0) view.setUint32(4 * (at % (data.length / 4)), word, true);
  }
  return bytes(laidOut(header(JSON.stringify(parsed)), data));
}

/** Headers and texts of a few bytes many times over. */
const pumped: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.constantFrom<(n: number) => string>(
      (n) => `{${"[".repeat(n)}`,
      (n) => `{"a":${"[".repeat(n)}${"]".repeat(n)}}`,
      (n) => `{"${"a".repeat(n)}":1}`,
      (n) => `{"__metadata__":{"chainrule":"${"[".repeat(n)}"}}`,
      (n) =>
        `{"__metadata__":{"chainrule":"{\\"version\\":2,\\"model\\":{\\"layers\\":[${'{\\"kind\\":\\"dense\\",\\"units\\":1,\\"activation\\":\\"relu\\"},'.repeat(n >> 7)}1]}}"}}`,
      (n) =>
        `{${Array.from({ length: n >> 6 }, (_, i) => `"t${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`).join(",")}}`,
      (n) => `{"t":{"dtype":"F32","shape":[${"0,".repeat(n)}0],"data_offsets":[0,0]}}`,
      (n) => `{"t":{"dtype":"F32","shape":[${"1,".repeat(n)}2],"data_offsets":[0,4]}}`,
    ),
    fc.integer({ min: 1000, max: 200_000 }),
  )
  .map(([shape, times]) => laidOut(shape(times), new Uint8Array()));

const nested: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.constantFrom<(nest: string) => string>(
      (nest) => nest,
      (nest) => `{"__metadata__":{"${descriptionKey}":"{}"},"t":${nest}}`,
      (nest) => `{"__metadata__":${JSON.stringify({ [descriptionKey]: nest })}}`,
      (nest) => `{"__metadata__":${JSON.stringify({ format: "2", chainrule: nest })}}`,
    ),
    nests,
  )
  .map(([shape, nest]) => laidOut(shape(nest), new Uint8Array()));

export async function modelFormat(): Promise<Format> {
  const made = written.map((writer) => ({ writer, trainer: trainerOf(writer) }));
  const own = await Promise.all(made.map(({ writer, trainer }) => fileOf(trainer, writer)));
  const old = Object.keys(writers).filter((name) => name !== "f16");
  const files = [...own, ...old.map(oldFile), oldFile("alone")];
  const trainers = [
    ...made.map(({ trainer }) => trainer),
    ...old.map((name) => createReferenceTrainer({ ...oldOptions, optimizer: writers[name] ?? sgd(rate) })),
  ];
  const begun = await Promise.all(trainers.map((trainer) => trainer.save()));
  const index = fc.nat(files.length - 1);
  return {
    arbitrary: (reach) =>
      fc.oneof(
        {
          weight: 200,
          arbitrary: fc
            .tuple(index, changes(reach, files), seldom(fc.nat(trainers.length - 1)))
            .map(([at, change, other]) => ({
              bytes: changed(files[at] ?? begun[0] ?? new Uint8Array(), change),
              trainer: other ?? at,
            })),
        },
        { weight: 50, arbitrary: fc.record({ bytes: mutants(files, reach), trainer: index }) },
        ...(reach === "long"
          ? [pumped, nested].map((bytes) => ({ weight: 1, arbitrary: fc.record({ bytes, trainer: index }) }))
          : []),
      ),
    check: (input) => read(() => checkModel(input as ModelInput)),
    close: () => {
      for (const trainer of trainers) trainer.dispose();
    },
  };

  async function checkModel({ bytes, trainer: which }: ModelInput): Promise<"accepted"> {
    const loaded = loadModel(bytes, "m.safetensors");
    const { parameters, model, inputs, loss, metadata } = loaded;
    let width = inputs;
    for (const [at, { units, bias = true }] of model.layers.entries()) {
      assert.equal(parameters[`W${at + 1}`]?.length, units * width, `W${at + 1}`);
      assert.equal(parameters[`b${at + 1}`]?.length, bias ? units : undefined, `b${at + 1}`);
      width = units;
    }
    assert.ok(["softmaxCrossEntropy", "halfSquaredError"].includes(loss));
    if (metadata[descriptionKey] !== undefined) {
      const description = readDescription(metadata, "m.safetensors", loaded);
      afterwards(() => checkDescription(description));
    }
    if (meter.only) return "accepted";
    const trainer = trainers[which % trainers.length];
    const first = begun[which % trainers.length];
    if (trainer === undefined || first === undefined) throw new Error("no trainer");
    try {
      await trainer.load(bytes);
      await checkLoaded(trainer, bytes);
    } finally {
      await trainer.load(first);
    }
    return "accepted";
  }
}

/** Of what a file says of its table, all that a table is read by. */
function checkDescription(description: TableDescription): void {
  const { inputs, target, task, classes, inputScale, targetScale } = description;
  assert.equal(new Set(inputs).size, inputs.length, "inputs of one name");
  assert.equal(new Set(classes).size, classes.length, "classes of one name");
  assert.ok(!inputs.includes(target), "the target among the inputs");
  assert.equal(targetScale === undefined, task === "classification");
  const word = (name: string) => `"${name.replaceAll('"', '""')}"`;
  const names = new Set(inputs.map((name) => name.trim()));
  // What no table can name is told when one is read.
  const plain =
    names.size === inputs.length && inputs.every((name) => name !== "" && name.trim() === name && !/\r/.test(name));
  if (!plain || inputs.length === 1) return;
  const row = inputs.map((_, i) => String(i / 2)).join(",");
  const table = readCsv(`${inputs.map(word).join(",")}\n${row}\n`, "t.csv");
  const known = knownRows(table, description);
  assert.ok(known.inputs.every(Number.isFinite));
  assert.equal(known.inputs.length, inputs.length);
  assert.equal(inputScale.shift.length, inputs.length);
  if (targetScale) assert.equal(undoScale([0.5], targetScale).length, 1);
  for (const [at, name] of classes.entries()) assert.equal(numbersOf(classes)(name), at);
}

/** What was loaded is what a file holds that is written of it, and predicts numbers or says that it cannot. */
async function checkLoaded(trainer: ReferenceTrainer, bytes: Uint8Array): Promise<void> {
  const given = loadModel(bytes);
  const saved = await trainer.save({ optimizer: given.training !== undefined });
  const again = loadModel(saved);
  assert.deepEqual(Object.entries(again.parameters).map(bits), Object.entries(given.parameters).map(bits));
  assert.equal(again.training === undefined, given.training === undefined);
  if (given.training && again.training) {
    assert.deepEqual(Object.entries(again.training.state).map(bits), Object.entries(given.training.state).map(bits));
    // −0 is 0.
    assert.ok(again.training.progress.step === given.training.progress.step, "the step");
  }
  decodeSafetensors(saved);
  try {
    const { outputs } = await trainer.predict([0.25, -1, 0, 3]);
    assert.ok(outputs.every(Number.isFinite));
  } catch (error) {
    if (!(error instanceof NumericError)) throw error;
  }
}

const bits = ([name, values]: readonly [string, Float32Array]) => [
  name,
  ...new Uint32Array(values.buffer, values.byteOffset, values.length),
];
