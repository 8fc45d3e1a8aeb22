import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Device } from "../../src/device/open.ts";
import { dense, sequential } from "../../src/model/layer.ts";
import { adam, sgd } from "../../src/model/optimizer.ts";
import type { createTrainer } from "../../src/run/trainer.ts";
import type { Trainer, TrainerOptions } from "../../src/run/types.ts";
import { bundlePage } from "../../tools/size.mjs";
import { openNullDevice } from "../helpers/null-device.ts";

/** Which of the library's files a page loads beside those that it loads at once. */

/** As a GPU's, and as a CPU's. */
const gpu = await openNullDevice();
const device: Device = { ...gpu, adapter: { ...gpu.adapter, lanes: 4 } };

const files = await bundlePage();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "chainrule-loading-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  Reflect.deleteProperty(globalThis, "loaded");
  gpu.destroy();
});

/** A page of its own, whose files say when they are loaded. */
async function openPage(name: string) {
  const loaded = new Set<string>();
  Object.assign(globalThis, { loaded });
  await mkdir(join(folder, name));
  for (const { fileName, name: file, atOnce, code } of files) {
    const note = atOnce || file === "rolldown-runtime" ? "" : `globalThis.loaded.add(${JSON.stringify(file)});\n`;
    await writeFile(join(folder, name, fileName), `${code}\n${note}`);
  }
  const page: { createTrainer: typeof createTrainer } = await import(
    /* @vite-ignore */ pathToFileURL(join(folder, name, "page.js")).href
  );
  return { loaded, createTrainer: page.createTrainer };
}

const ROWS = 40;

/** A network of 64, 32 and 10 units whose step fills more than a workgroup. */
const training = (options: Partial<TrainerOptions> = {}, rows = ROWS, columns = 64): TrainerOptions => ({
  model: sequential([dense(32, "relu"), dense(10)]),
  loss: "softmaxCrossEntropy",
  optimizer: sgd({ learningRate: 0.1 }),
  data: { inputs: new Float32Array(rows * columns), targets: new Uint32Array(rows) },
  ...options,
});

const deep = sequential([dense(64, "relu"), dense(64, "relu"), dense(64, "relu"), dense(10)]);

const small: TrainerOptions = {
  ...training(),
  model: sequential([dense(8, "tanh"), dense(2)]),
  data: { inputs: new Float32Array(2 * ROWS), targets: new Uint32Array(ROWS) },
};

const cases: readonly (readonly [string, TrainerOptions, readonly string[], on?: Device])[] = [
  ["by default", training({ model: sequential([dense(128, "relu"), dense(10)]) }, ROWS, 784), []],
  ["with Adam and a decay", training({ optimizer: adam({ learningRate: 0.1, weightDecay: 0.1 }) }), []],
  [
    "on bytes",
    training({ data: { inputs: new Uint8Array(ROWS * 64), targets: new Uint32Array(ROWS), scale: 1 / 255 } }),
    [],
  ],
  ["whose step is small", small, ["whole-steps"]],
  ["whose step is small, in a dispatch a layer", { ...small, oneDispatch: false }, []],
  ["in f16", training({ precision: "f16" }), ["half"]],
  ["by the textbook", training({ fuse: false }), ["inference", "read", "reuse", "textbook"]],
  ["by long batches", training({ batch: 2048 }, 2048), ["reuse", "split"]],
  ["of a wide output", training({ model: sequential([dense(40)]) }), ["inference", "read", "reuse"]],
  ["of a long batch and several layers", training({ batch: 256, model: deep }, 256), ["reuse"]],
  [
    "of wide layers on a GPU",
    training({ model: sequential([dense(128), dense(10)]), batch: 128 }, 128),
    ["reuse", "staged"],
    gpu,
  ],
];

it.each(cases.map(([name, options, expected, on = device]) => ({ name, options, expected, on })))(
  "a page that trains a network $name loads no more than that needs",
  async ({ name, options, expected, on }) => {
    const { loaded, createTrainer } = await openPage(name);
    const trainer = await createTrainer(on, options);
    expect(await trainer.step()).toMatchObject({ steps: 1 });
    trainer.dispose();
    expect([...loaded].sort()).toEqual(expected);
  },
);

it.each<readonly [string, (trainer: Trainer) => Promise<unknown>, readonly string[]]>([
  ["evaluate", (trainer) => trainer.evaluate(training().data), ["inference", "read", "reuse"]],
  ["predict", (trainer) => trainer.predict(new Float32Array(64)), ["inference", "read", "reuse"]],
  ["read", (trainer) => trainer.read("W1"), ["calls", "read"]],
  ["setParameters", (trainer) => trainer.setParameters({ b2: new Float32Array(10) }), ["calls"]],
  ["setOptimizer", (trainer) => trainer.setOptimizer(sgd({ learningRate: 1 })), ["calls"]],
  ["setData", (trainer) => trainer.setData(training().data), ["calls"]],
  ["save", (trainer) => trainer.save(), ["calls", "files"]],
])("%s() loads what it needs when it is first called", async (name, call, expected) => {
  const { loaded, createTrainer } = await openPage(name);
  const trainer = await createTrainer(device, training());
  expect([...loaded]).toEqual([]);
  await call(trainer);
  trainer.dispose();
  expect([...loaded].sort()).toEqual(expected);
});
