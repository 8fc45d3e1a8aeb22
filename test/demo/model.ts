import { createReferenceTrainer, loadModel, sgd } from "../../src/index.ts";
import { applyScale, readCsv, readDescription, readInputs } from "../../src/table.ts";

export type Row = Readonly<Record<string, string>>;

/** Rows for a model of `tableOf`. */
export const newRows: readonly Row[] = [
  { a: "1.5", b: "2.25", c: "3" },
  { a: "-0.75", b: "9.5", c: "0" },
  { a: "0.1", b: "4", c: "5" },
];

export const csvOf = (rows: readonly Row[]) =>
  [Object.keys(rows[0] ?? {}).join(","), ...rows.map((row) => Object.values(row).join(","))].join("\n");

/** What a file of Your data holds, and what it predicts of rows on the CPU reference, read as the command line does. */
export async function openModel(bytes: Uint8Array<ArrayBuffer>, rows: readonly Row[]) {
  const loaded = loadModel(bytes, "t.safetensors");
  const description = readDescription(loaded.metadata, "t.safetensors");
  const { model, loss, inputs, parameters } = loaded;
  const targets = loss === "softmaxCrossEntropy" ? Uint32Array.of(0) : new Float32Array(1);
  const data = { inputs: new Float32Array(inputs), targets };
  const trainer = createReferenceTrainer({ model, loss, optimizer: sgd({ learningRate: 1 }), data });
  await trainer.setParameters(parameters);
  const values = readInputs(readCsv(csvOf(rows), "new.csv"), description.inputs);
  const prediction = await trainer.predict(applyScale(values, description.inputScale, "new.csv"));
  return { description, parameters, prediction };
}
