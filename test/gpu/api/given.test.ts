import { describe, expect, test } from "vitest";
import * as chainrule from "../../../src/index.ts";
import { usePosingDevice } from "../../helpers/device.ts";
import { deceiving, touches } from "../../helpers/given.ts";
import { random } from "../../helpers/gpu.ts";
import { COLUMNS, classes, classifier } from "../../helpers/training.ts";
import { trainersOn } from "../../helpers/trainings.ts";

/** That what is given is taken at the call: nothing that happens to it afterwards changes a bit of what comes of it. */

const device = await usePosingDevice();

type Given = unknown[];
type Rows<K extends string> = Readonly<Record<K, readonly (() => Given)[]>>;

/** Descriptions as plain data, which can be changed. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value));
const described = () => plain({ model: classifier.model, optimizer: classifier.optimizer });
const { loss, batch, seed, oneDispatch } = classifier;
const pixels = () => Uint8Array.from({ length: 4 * COLUMNS }, (_, i) => 40 * i);
const signal = new AbortController().signal;
const file = await (async () => {
  const trainer = chainrule.createReferenceTrainer(classifier);
  await trainer.step(3);
  return trainer.save();
})();
const { parameters } = chainrule.loadModel(file);

/** The methods of a trainer, each with arguments for each form that they can have. */
const methods: Rows<keyof typeof calledBy> = {
  step: [() => [3]],
  fit: [() => [{ epochs: 2, signal }]],
  evaluate: [
    () => [{ ...classes(9, 4), columns: COLUMNS }],
    () => [plain({ inputs: [1, 2, 3], targets: [3] })],
    () => [{ inputs: pixels(), targets: Uint8Array.of(0, 1, 2, 3), scale: 0.01, offset: -1 }],
  ],
  predict: [() => [random(2 * COLUMNS, 4)], () => [[1, 2, 3]], () => [pixels(), { scale: 0.01, offset: -1 }]],
  probe: [() => [random(2 * COLUMNS, 4)], () => [pixels(), { scale: 0.01, offset: -1 }]],
  parameters: [() => []],
  setParameters: [
    () => [{ W2: random(32, 3), b2: [1, 2, 3, 4] }],
    () => [Object.fromEntries(Object.entries(parameters).map(([name, values]) => [name, values.slice()]))],
  ],
  setOptimizer: [() => [{ ...described().optimizer, weightDecay: 0.3 }]],
  setData: [() => [classes(60, 9)], () => [{ inputs: Array.from(random(9, 1)), targets: [0, 1, 2], columns: 3 }]],
  read: [() => ["W1"]],
  save: [() => [{ optimizer: true, metadata: { note: "kept" } }]],
  load: [() => [file.slice()], () => [file.slice().buffer]],
  dispose: [],
};

const calledBy = {
  step: true,
  fit: true,
  evaluate: true,
  predict: true,
  probe: true,
  parameters: true,
  setParameters: true,
  setOptimizer: true,
  setData: true,
  read: true,
  save: true,
  load: true,
  dispose: true,
} as const satisfies Readonly<Record<keyof Omit<chainrule.ReferenceTrainer, "plan">, true>>;

type Loose = Readonly<Record<string, (...given: unknown[]) => unknown>>;

/** What a call gave, without its times, and of what lives its numbers. */
async function told(value: unknown): Promise<unknown> {
  const made = value as Partial<chainrule.Trainer & chainrule.ReferenceProbe & chainrule.Sweep> | undefined;
  if (typeof made?.run === "function") {
    made.run();
    // What a probe on the GPU holds, the predictions tell.
    const values = made.values?.("o");
    made.dispose?.();
    return [made.rows, values];
  }
  if (typeof made?.dispose === "function") return lifeOf(made as Living);
  return JSON.parse(JSON.stringify(value ?? null, (name, one) => (/^seconds|PerSecond$/.test(name) ? 0 : one)));
}

interface Living {
  step?(n: number): Promise<unknown>;
  save?(variant?: unknown): Promise<Uint8Array>;
  predict?(inputs: Float32Array): Promise<unknown>;
  dispose(): void;
}

/** What something that trains or predicts does next. */
async function lifeOf(one: Living): Promise<unknown> {
  try {
    const steps = await one.step?.(4);
    const files = [await one.save?.(one.predict ? {} : 0), one.predict ? undefined : await one.save?.(1)];
    return await told([steps, files, await one.predict?.(random(2 * COLUMNS, 6))]);
  } finally {
    one.dispose();
  }
}

/** Asserts that a call gives the same whatever becomes of its arguments. */
async function expectTaken(
  call: (given: Given, touch: (given: Given) => void) => Promise<unknown>,
  given: () => Given,
) {
  const expected = await call(given(), () => {});
  for (const [way, touch] of Object.entries(touches))
    expect([way, await call(given(), touch)]).toEqual([way, expected]);
  expect(["deceiving", await call(given().map(deceiving), () => {})]).toEqual(["deceiving", expected]);
}

describe.each(trainersOn(device))("a trainer %s", (_, make) => {
  test.each(Object.entries(methods))("takes at the call what %s is given", async (name, rows) => {
    for (const given of rows) {
      await expectTaken(async (one, touch) => {
        const trainer = await make({ ...classifier, capacity: 200 });
        try {
          // The call waits for its turn.
          const before = trainer.step(2);
          const work = (trainer as unknown as Loose)[name]?.(...one);
          touch(one);
          await before;
          const got = await told(await work);
          return [got, await told(await trainer.step(2)), await told(await trainer.save())];
        } finally {
          trainer.dispose();
        }
      }, given);
    }
  });

  test("has no method that is not among them", async () => {
    const trainer = await make(classifier);
    const own = Object.entries(trainer).flatMap(([name, value]) => (typeof value === "function" ? [name] : []));
    trainer.dispose();
    // A buffer's name is a text, which nothing changes.
    expect(own.filter((name) => name !== "buffer" && !Object.hasOwn(methods, name))).toEqual([]);
  });
});

const training = () => ({ ...described(), loss, batch, seed, oneDispatch, shuffle: true, fuse: true, reuse: true });
const rates = [0.1, 0.2];
const small = () => plain(chainrule.sequential([chainrule.dense(4, "tanh"), chainrule.dense(4)]));

/** The functions of the library, each with the arguments behind the device, if it takes one. */
const functions: Readonly<Record<string, readonly (() => Given)[]>> = {
  createTrainer: [
    () => [{ ...training(), data: classes() }],
    () => [{ ...training(), data: { inputs: pixels(), targets: [0, 1, 2, 3], scale: 0.1, offset: 1 }, batch: 4 }],
  ],
  createReferenceTrainer: [() => [{ ...training(), data: classes() }]],
  createPredictor: [
    () => [{ ...plain({ model: classifier.model, inputs: COLUMNS, loss }), ...{ parameters: copied() } }],
  ],
  sweep: [
    () => [
      {
        model: small(),
        loss,
        data: classes(40, 2),
        batch: 8,
        variants: rates.map((learningRate) => ({ seed: 3, optimizer: plain(chainrule.sgd({ learningRate })) })),
      },
    ],
  ],
  loadModel: [() => [file.slice()], () => [file.slice().buffer]],
  planTraining: [() => [{ ...described(), loss, inputs: COLUMNS, rows: 9, batch: 3 }]],
  // What is out of time at once measures nothing.
  tune: [
    () => [
      plain(chainrule.planTraining({ ...described(), loss, inputs: COLUMNS, rows: 60, oneDispatch: false })),
      { seconds: 1e-9, cache: { get: () => undefined, set: () => undefined } },
    ],
  ],
  sequential: [() => [described().model.layers]],
  dense: [
    () => [3, "relu", { inputs: 2, trainable: { weights: true, bias: false }, initializer: plain(chainrule.he()) }],
  ],
  sgd: [() => [{ learningRate: plain(chainrule.cosine({ learningRate: 0.1, steps: 9 })), momentum: 0.5 }]],
  adam: [() => [{ learningRate: 0.1, beta1: 0.5 }]],
  adamw: [() => [{ learningRate: 0.1, beta1: 0.5 }]],
  cosine: [() => [{ learningRate: 0.1, steps: 9, warmup: 2 }]],
  stepDecay: [() => [{ learningRate: 0.1, every: 3, factor: 0.5 }]],
  openDevice: [() => [{ device: device.gpu, adapter: { info: {} } }]],
};

const copied = () => Object.fromEntries(Object.entries(parameters).map(([name, values]) => [name, values.slice()]));

/** Those that take words and numbers alone, or plans, and give at once what they make of them. */
const immediate = "bytesByRole describeStep formatBytes formatPlan glorot he localStorageCache torchLinear uniform";

/** What it gives is called later, and takes its options as `tune` does. */
const tuners = "tuner";

describe("the library", () => {
  test.each(Object.entries(functions))("takes at the call what %s is given", async (name, rows) => {
    const onDevice = ["createTrainer", "createPredictor", "sweep", "tune"].includes(name) ? [device] : [];
    for (const given of rows) {
      await expectTaken(async (one, touch) => {
        const work = (chainrule as unknown as Loose)[name]?.(...onDevice, ...one);
        touch(one);
        const made = await work;
        // What a clock says of a search is never the same twice.
        if (name === "tune") return told((made as Awaited<ReturnType<typeof chainrule.tune>>).plan);
        if (name !== "openDevice") return told(made);
        (made as chainrule.Device).destroy();
        return [(made as chainrule.Device).gpu === device.gpu, (made as chainrule.Device).adapter];
      }, given);
    }
  });

  test("has no function that is not among them", () => {
    const own = Object.entries(chainrule).flatMap(([name, value]) =>
      typeof value === "function" && /^[a-z]/.test(name) ? [name] : [],
    );
    const known = [...Object.keys(functions), ...immediate.split(" "), ...tuners.split(" ")];
    expect(own.filter((name) => !known.includes(name))).toEqual([]);
  });

  test("gives devices that nobody changes", async () => {
    const one = await chainrule.openDevice({ device: device.gpu });
    expect([one, one.adapter].every(Object.isFrozen)).toBe(true);
    one.destroy();
  });
});
