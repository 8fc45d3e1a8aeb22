import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeSafetensors, encodeSafetensors } from "../../../src/data/safetensors.ts";
import { NumericError } from "../../../src/errors.ts";
import { adam, sgd } from "../../../src/model/optimizer.ts";
import { loadModel } from "../../../src/run/checkpoint.ts";
import type { Fit, FitOptions, Report, TrainerOptions } from "../../../src/run/types.ts";
import { useCounter, usePosingDevice } from "../../helpers/device.ts";
import { expectEnd, gone, others, pending } from "../../helpers/ending.ts";
import { classes, classifier, EPOCH_STEPS, expectSameParameters, rejection } from "../../helpers/training.ts";
import {
  type Any,
  type Either,
  expectAlike,
  refusal,
  trainersOn,
  trainingsOn,
  untimed,
  using,
} from "../../helpers/trainings.ts";

/** What holds of whatever trains: the order of calls, what they take of their arguments, `fit`, and the end. */

const device = await usePosingDevice();
const counter = await useCounter();

const faults: string[] = [];
const uncaptured = ({ error }: GPUUncapturedErrorEvent) =>
  void faults.push(error.message.replace(/ \(\d+ bytes.*/s, ""));
beforeAll(() => device.gpu.addEventListener("uncapturederror", uncaptured));
afterAll(async () => {
  await device.gpu.queue.onSubmittedWorkDone();
  device.gpu.removeEventListener("uncapturederror", uncaptured);
  expect(faults, "errors that nothing caught").toEqual([]);
});

describe.each(trainersOn(device))("calls of a trainer %s", (_, make) => {
  const withTrainer = <R>(work: (trainer: Either) => Promise<R>) => using<Either, R>(make, classifier, work);

  test("set parameters after the steps that were asked for before", async () => {
    const given = others();
    const after = await withTrainer(async (trainer) => {
      const steps = trainer.step(5);
      const set = trainer.setParameters(given);
      const seen = trainer.parameters();
      const next = trainer.step();
      expect(await steps).toMatchObject({ step: 5, steps: 5 });
      expect(await set).toBeUndefined();
      expectSameParameters(await seen, given);
      return { five: untimed(await steps), next: untimed(await next), parameters: await trainer.parameters() };
    });
    const inOrder = await withTrainer(async (trainer) => {
      const five = untimed(await trainer.step(5));
      await trainer.setParameters(given);
      return { five, next: untimed(await trainer.step()), parameters: await trainer.parameters() };
    });
    expect(after).toEqual(inOrder);
  });

  test("read parameters, tensors and files as the steps before left them", async () => {
    const during = await withTrainer(async (trainer) => {
      const work = [
        trainer.step(5),
        trainer.parameters(),
        trainer.read("dz1"),
        trainer.save(),
        trainer.step(5),
      ] as const;
      const [, ...seen] = await Promise.all(work);
      return seen.slice(0, 3);
    });
    const after = await withTrainer(async (trainer) => {
      await trainer.step(5);
      return [await trainer.parameters(), await trainer.read("dz1"), await trainer.save()];
    });
    expect(during).toEqual(after);
  });

  test("judge all rows by one network", async () => {
    const rows = classes(3000, 5);
    await withTrainer(async (trainer) => {
      const before = await trainer.evaluate(rows);
      const outputs = await trainer.predict(rows.inputs);
      const [judged, , predicted] = await Promise.all([
        trainer.evaluate(rows),
        trainer.setParameters(others()),
        trainer.evaluate(rows),
      ]);
      expect(judged).toEqual(before);
      expect(predicted).toEqual(await trainer.evaluate(rows));
      expect(predicted).not.toEqual(before);
      expect(await trainer.predict(rows.inputs)).not.toEqual(outputs);
    });
  });

  test("go on from parameters that are set before a halt was told", async () => {
    const given = others();
    await withTrainer(async (trainer) => {
      await trainer.setParameters({ b2: Float32Array.of(3e38, -3e38, 0, 0) });
      const [halted, set, next] = [rejection(trainer.step(3)), trainer.setParameters(given), trainer.step(2)];
      expect(await halted).toMatchObject({ name: "NumericError", step: 1 });
      await set;
      expect(await next).toMatchObject({ step: 2, steps: 2 });
    });
  });

  test("take their arguments as they are when they are called", async () => {
    const rows = classes(60, 5) as { inputs: Float32Array; targets: Uint32Array };
    const file = await using<Either, Uint8Array<ArrayBuffer>>(make, { ...classifier, seed: 9 }, (trainer) =>
      trainer.save(),
    );
    /** What calls give whose arguments are overwritten with `how` at once. */
    const given = (how: (...values: readonly (Float32Array | Uint32Array | Uint8Array)[]) => void) =>
      withTrainer(async (trainer) => {
        const [parameters, data, judged] = [others(), structuredClone(rows), structuredClone(rows)];
        const [inputs, loaded, buffer] = [rows.inputs.slice(), file.slice(), file.slice()];
        const options = { metadata: { note: "kept" }, optimizer: true };
        const calls = [
          trainer.setParameters(parameters),
          trainer.save(options),
          trainer.setData(data),
          trainer.evaluate(judged),
          trainer.predict(inputs),
          trainer.step(2).then(untimed),
          trainer.load(loaded),
          trainer.parameters(),
          trainer.load(buffer.buffer),
          trainer.step().then(untimed),
        ];
        how(
          ...Object.values(parameters),
          data.inputs,
          data.targets,
          judged.inputs,
          judged.targets,
          inputs,
          loaded,
          buffer,
        );
        options.metadata.note = "changed";
        options.optimizer = false;
        const results = await Promise.all(calls);
        expect(loadModel(results[1] as Uint8Array)).toMatchObject({ metadata: { note: "kept" }, training: {} });
        return results;
      });
    const kept = await given(() => {});
    const overwrite = (...values: readonly (Float32Array | Uint32Array | Uint8Array)[]) => {
      for (const one of values) one.fill(1);
    };
    expect(await given(overwrite)).toEqual(kept);
  });

  test("take a file as it is when they are called, in whatever kind of array of bytes", async () => {
    /** As a Buffer of Node, whose slice is no copy. */
    class Shared extends Uint8Array<ArrayBuffer> {
      override slice(...given: Parameters<Uint8Array["slice"]>) {
        return this.subarray(...given);
      }
    }
    await withTrainer(async (trainer) => {
      const file = new Shared((await trainer.save()).buffer);
      const before = await trainer.parameters();
      const [stepped, loaded] = [trainer.step(2), trainer.load(file)];
      file.fill(0);
      await Promise.all([stepped, loaded]);
      expectSameParameters(await trainer.parameters(), before);
    });
  });
});

describe.each(trainingsOn(device))("a training %s", (_, make) => {
  test("has methods that may be taken off it", async () => {
    const { step, fit: train, parameters, save, dispose } = await make(classifier);
    expect(await step()).toMatchObject({ step: 1 });
    expect(await train({ epochs: 1 })).toMatchObject({ step: EPOCH_STEPS });
    const file = await save({ optimizer: false });
    expectSameParameters(loadModel(file).parameters, await parameters());
    dispose();
    expect(await refusal(() => step())).toMatch(/^DeviceError: (trainer|sweep): got a call after dispose\(\), /);
  });

  test("saves by its options as they are at the call", async () => {
    await using(make, classifier, async (trainer) => {
      const [metadata, options] = [{ note: "kept" }, { optimizer: true }];
      const saved = trainer.save({ ...options, metadata });
      const other = trainer.save(options);
      metadata.note = "changed";
      options.optimizer = false;
      expect(loadModel(await saved)).toMatchObject({ metadata: { note: "kept" }, training: {} });
      expect(loadModel(await other).training).toBeDefined();
      expect(await refusal(() => trainer.save({ metadata: { note: 5 as unknown as string } }))).toBe(
        'ModelError: save: metadata "note": got 5, expected text; write it as text, with JSON.stringify say.',
      );
    });
  });

  test("that is disposed of amid its calls ends them, and the device hears of nothing", async () => {
    const calls: readonly ((trainer: Any) => PromiseLike<unknown>)[] = [
      (trainer) => trainer.step(4),
      (trainer) => trainer.fit({ epochs: 2 }),
      (trainer) => trainer.parameters(),
      (trainer) => trainer.save(),
    ];
    for (const call of calls) {
      for (const promises of [0, 1, 2, 3, 5]) {
        const trainer = await make(classifier);
        // What is over by then has given what it gave.
        const message = /^DeviceError: (trainer|sweep): got a call after dispose\(\), /;
        const ended = [call(trainer), call(trainer)].map((one) =>
          Promise.resolve(one).then(
            () => {},
            (error) => expect(String(error)).toMatch(message),
          ),
        );
        for (let i = 0; i < promises; i++) await Promise.resolve();
        trainer.dispose();
        await Promise.all(ended);
      }
    }
    await device.gpu.queue.onSubmittedWorkDone();
    expect([...new Set(faults.splice(0))]).toEqual([]);
  });

  test("that fits trains all its epochs where it is awaited, and gives the last report", async () => {
    const iterated = await using(make, classifier, async (trainer) => {
      const reports: Partial<Report>[] = [];
      for await (const report of trainer.fit({ epochs: 3 })) reports.push(untimed(report));
      return { last: reports.at(-1), steps: reports.map(({ step }) => step), parameters: await trainer.parameters() };
    });
    expect(iterated.steps).toEqual([1, 2, 3].map((epoch) => EPOCH_STEPS * epoch));
    const awaited = await using(make, classifier, async (trainer) => ({
      last: untimed(await trainer.fit({ epochs: 3 })),
      steps: iterated.steps,
      parameters: await trainer.parameters(),
    }));
    expect(awaited).toEqual(iterated);
  });

  test("that fits begins when it is awaited or iterated, and trains once", async () => {
    await using(make, classifier, async (trainer) => {
      const options = { epochs: 2 };
      const fitting = trainer.fit(options);
      options.epochs = 7;
      expect(await trainer.step()).toMatchObject({ step: 1 });
      const [one, other] = await Promise.all([fitting, fitting]);
      expect(one).toBe(other);
      expect(one.step).toBe(2 * EPOCH_STEPS);
      expect(await trainer.step()).toMatchObject({ step: 2 * EPOCH_STEPS + 1 });
    });
  });

  test("that fits gives its last report where it was iterated before it is awaited", async () => {
    await using(make, classifier, async (trainer) => {
      const fitting = trainer.fit({ epochs: 2 });
      let last: Report | undefined;
      for await (const report of fitting) last = report;
      expect(await fitting).toEqual(last);
    });
  });

  test("that was aborted before its first step rejects with the signal's reason", async () => {
    await using(make, classifier, async (trainer) => {
      const reason = new Error("no more");
      const train = (): Fit<Report> => trainer.fit({ epochs: 2, signal: AbortSignal.abort(reason) });
      expect(await rejection((async () => await train())())).toBe(reason);
      for await (const report of train()) expect.unreachable(String(report.step));
      // While it waits for its turn, too.
      const controller = new AbortController();
      const waiting = trainer.step(2);
      const fitting = rejection((async () => await trainer.fit({ epochs: 2, signal: controller.signal }))());
      controller.abort(reason);
      expect(await fitting).toBe(reason);
      expect(await waiting).toMatchObject({ step: 2 });
      expect(await trainer.step()).toMatchObject({ step: 3 });
    });
  });

  test("that is aborted amid its epochs gives the report of the last", async () => {
    await using(make, classifier, async (trainer) => {
      const controller = new AbortController();
      const { signal } = controller;
      const fitting = trainer.fit({ epochs: 1e6, signal });
      const waiting = fitting.then((report) => report);
      // Two epochs take turns with these.
      await trainer.step();
      await trainer.step();
      controller.abort();
      const { step } = await waiting;
      expect(step).toBeGreaterThan(2);
      expect(await trainer.step()).toMatchObject({ step: step + 1 });
    });
  });

  test("refuses at the call what fit is given, and takes no step", async () => {
    await using(make, classifier, async (trainer) => {
      const loose = (options?: unknown) => () => void trainer.fit(options as FitOptions);
      expect(loose()).toThrow("fit: got undefined, expected an object of epochs, signal; ");
      expect(loose({ epoch: 3 })).toThrow('fit: got option "epoch", expected epochs, signal; write epochs.');
      expect(loose({ epochs: 0 })).toThrow("fit: got epochs 0, expected a whole number from 1 to 4294967295; ");
      expect(loose({ epochs: "3" })).toThrow('fit: got epochs "3", expected a whole number from 1 to 4294967295; ');
      expect(loose({ epochs: 1, signal: {} })).toThrow("fit: got signal a value of type Object, expected an AbortSignal; ");
      expect(await trainer.step()).toMatchObject({ step: 1 });
    });
  });

  test("refuses numbers of steps that are none, and one that passes what 32 bits count, and goes on", async () => {
    await using(make, classifier, async (trainer) => {
      for (const steps of [0, -1, 1.5, Number.NaN, "3", 2 ** 32]) {
        expect(await refusal(() => trainer.step(steps as number))).toBe(
          `ModelError: step: got steps ${typeof steps === "string" ? `"${steps}"` : steps}, expected a whole number from 1 to 4294967295; ` +
            "set steps to a whole number from 1 to 4294967295.",
        );
      }
      await trainer.step();
      expect(await refusal(() => trainer.step(2 ** 32 - 1))).toBe(
        "ModelError: training: got step 4294967296, expected at most 4294967295, which 32 bits count; " +
          "save with { optimizer: false } and go on in a new trainer.",
      );
      expect(await trainer.step()).toMatchObject({ step: 2, steps: 1 });
    });
  });

  test("that halted rejects each later call with the same error, and is saved and read as before", async () => {
    const optimizer = sgd({ learningRate: 1e38, weightDecay: 0.1 });
    await using(make, { ...classifier, optimizer }, async (trainer) => {
      const [first, again] = [await rejection(trainer.step(20)), await rejection(trainer.step())];
      expect(first).toBeInstanceOf(NumericError);
      expect(again).toBe(first);
      expect(await rejection((async () => await trainer.fit({ epochs: 2 }))())).toBe(first);
      expectSameParameters(loadModel(await trainer.save()).parameters, await trainer.parameters());
    });
  });
});

describe("after dispose", () => {
  test.each(trainersOn(device))("every call of a trainer %s rejects", async (_, make) => {
    const trainer: Either = await make(classifier);
    const [file, parameters] = [await trainer.save(), await trainer.parameters()];
    const { inputs, targets } = classes(5);
    const probe = await trainer.probe(inputs);
    trainer.dispose();
    trainer.dispose();
    for (const call of [
      () => trainer.step(),
      () => trainer.fit({ epochs: 1 }),
      () => trainer.fit({ epochs: 1 }).next(),
      () => trainer.evaluate({ inputs, targets }),
      () => trainer.predict(inputs),
      () => trainer.probe(inputs),
      () => trainer.parameters(),
      () => trainer.setParameters(parameters),
      () => trainer.setOptimizer(classifier.optimizer),
      () => trainer.setData({ inputs, targets }),
      () => trainer.read("W1"),
      () => trainer.save(),
      () => trainer.load(file),
      () => probe.run(),
    ]) {
      expect([String(call), await refusal(call)]).toEqual([String(call), gone()]);
    }
  });

  test("a trainer on the GPU holds no memory and gives out no buffer", async () => {
    const [[, make]] = trainersOn(device);
    const before = counter.alive();
    const trainer = await make(classifier);
    await trainer.evaluate(classes(5));
    await trainer.probe(classes(5).inputs);
    expect(Object.values(trainer.memory).every((bytes) => bytes > 0)).toBe(true);
    trainer.dispose();
    expect(counter.alive()).toEqual(before);
    expect(trainer.memory).toEqual({});
    expect(() => trainer.buffer("W1")).toThrow(gone().slice("DeviceError: ".length));
  });

  test.each(Object.entries(pending))(
    "what waits in %s ends, whenever it comes, and the device hears of nothing",
    async (_, call) => {
      for (const [, make] of trainersOn(device)) {
        for (const count of [0, 1, 2, 3, 5, 9, 18]) await expectEnd(make, call, { promises: count, loops: 0 });
        for (const loops of [1, 2]) await expectEnd(make, call, { promises: 0, loops });
      }
      await device.gpu.queue.onSubmittedWorkDone();
      expect([...new Set(faults.splice(0))]).toEqual([]);
    },
  );
});

describe("what is refused", () => {
  type Loose = Readonly<Record<string, (...given: readonly unknown[]) => Promise<unknown>>>;
  const { inputs, targets } = classes(5);
  const wrong: readonly (readonly [string, ...unknown[]])[] = [
    ["step", 0],
    ["step", "2"],
    ["evaluate"],
    ["evaluate", { inputs, targets: [0, 1, 2, 3, 4] }],
    ["evaluate", { inputs, targets, target: [] }],
    ["evaluate", { inputs: [], targets: [] }],
    ["evaluate", { inputs: [1, 2], targets }],
    ["evaluate", { inputs, targets, columns: 5 }],
    ["predict"],
    ["predict", []],
    ["predict", [1, 2]],
    ["predict", [1, 2, "3"]],
    ["predict", [1, 2, Number.POSITIVE_INFINITY]],
    ["predict", inputs, { scales: 1 }],
    ["predict", inputs, { offset: 1 }],
    ["predict", Uint8Array.of(1, 2, 3), { scale: Number.NaN }],
    ["probe", [1, 2, 1e39]],
    ["setParameters"],
    ["setParameters", [1, 2]],
    ["setParameters", { W3: [] }],
    ["setParameters", { w1: [] }],
    ["setParameters", { b2: [1, 2, 3] }],
    ["setParameters", { b2: null }],
    ["setParameters", { W1: others().W1, b2: [0, 1e39, 0, 0] }],
    ["setOptimizer"],
    ["setOptimizer", adam({ learningRate: 0.1 })],
    ["setData"],
    ["setData", { inputs, targets: [0, 1, 2, 3, 7] }],
    ["setData", classes(131)],
    ["read"],
    ["read", "h7"],
    ["read", "z1"],
    ["read", "toString"],
    ["save", { optimiser: false }],
    ["save", { metadata: { format: "pt" } }],
    ["save", { metadata: { note: 5 } }],
    ["save", { optimizer: "no" }],
    ["load"],
    ["load", "file"],
    ["load", new Uint8Array(100)],
    ["load", []],
  ];

  test("is refused by both kinds of trainers in the same words, and leaves them as they were", async () => {
    const refuseAll = async (trainer: Either) => {
      await trainer.step(2);
      const before = await trainer.save();
      const texts: string[] = [];
      for (const [name, ...given] of wrong) {
        const call = (trainer as unknown as Loose)[name] as Loose[string];
        let isPromise = false;
        const text = await refusal(() => {
          const work = call(...given);
          isPromise = work instanceof Promise;
          return work;
        });
        // Nothing of what is asynchronous is thrown.
        texts.push(`${name}: ${isPromise} ${text}`);
      }
      expect(await trainer.save()).toEqual(before);
      return texts;
    };
    const [[, onGpu], [, onCpu]] = trainersOn(device);
    const [gpu, cpu] = [await using(onGpu, classifier, refuseAll), await using(onCpu, classifier, refuseAll)];
    expect(cpu).toEqual(gpu);
    for (const text of gpu) {
      const [name] = text.split(":", 1);
      const places: Readonly<Record<string, string>> = { read: "train plan", load: "model" };
      expect(text).toMatch(
        new RegExp(
          `^${name}: true (Model|Shape|Data|Plan)Error: (${name}|${places[name ?? ""] ?? name}): .*got .*, expected .*; .*\\.$`,
        ),
      );
    }
  });

  test("of options is refused by whatever trains in the same words but for the name, before anything is compiled", async () => {
    const names = ["createTrainer", "createReferenceTrainer", "sweep"];
    for (const options of [
      { batch: 0 },
      { batch: 131 },
      { batch: 2.5 },
      { shuffle: "no" },
      { model: undefined },
      { model: {} },
      { loss: "mse" },
      { loss: undefined },
      { data: undefined },
      { data: { inputs: [1, 2, Number.NaN], targets: [0] } },
      { data: { inputs: [1, 2, 3], targets: [4] } },
      { data: { inputs: [1, 2, 3], targets: [0], target: 1 } },
      { data: { inputs: "123", targets: [0] } },
      { data: { inputs: Uint8Array.of(1, 2, 3), targets: [0], scale: Number.NaN } },
      { data: { inputs: [1, 2, 3], targets: [0], scale: 2 } },
      { data: [1, 2, 3] },
    ]) {
      const texts: string[] = [];
      for (const [index, [, make]] of trainingsOn(device).entries()) {
        const given = { ...classifier, ...options } as unknown as TrainerOptions;
        const text = await refusal(() => make(given));
        texts.push(text.replaceAll(names[index] as string, "create").replace("variants", "optimizer"));
      }
      expect([options, new Set(texts).size, texts]).toEqual([options, 1, texts]);
    }
  });
});

describe("both kinds of trainers", () => {
  test("read the control block and the ring as the same numbers", async () => {
    for (const optimizer of [classifier.optimizer, adam({ learningRate: 0.02, beta1: 0.8, beta2: 0.99 })]) {
      const { ring, control } = await expectAlike(device, { ...classifier, optimizer }, async (trainer) => {
        await trainer.step(4);
        const [ring, control] = [await trainer.read("ring"), await trainer.read("control")];
        expect([ring.data, control.data].every((data) => data instanceof Uint32Array)).toBe(true);
        const lines = ring.data.slice(0, 4 * 8) as Uint32Array<ArrayBuffer>;
        const words = control.data as Uint32Array<ArrayBuffer>;
        // What is no float is exact, and small as one.
        const asFloats = (given: Uint32Array<ArrayBuffer>) =>
          Array.from(given, (word) => (word < 1e6 ? word : floatOf(word)));
        return { ring: asFloats(lines), control: asFloats(words), shapes: [ring.shape, control.shape] };
      });
      expect(ring.slice(2, 6)).toEqual([ring[2], 50, 1, 0]);
      expect(control.slice(0, 4)).toEqual([4, 1, 0, 50]);
    }
  });

  const early = (name: string) =>
    `PlanError: read: got tensor "${name}" before a step, expected one that a step has written; take a step first.`;

  test.each(trainersOn(device))(
    "a trainer %s reads before the first step what is there, and refuses the rest",
    async (name, make) => {
      // The GPU's shaders of the textbook are those of other tests; what is there is the same in both.
      const state = adam({ learningRate: 0.02, beta1: 0.8, beta2: 0.99 });
      const optimizer = name.includes("GPU") ? classifier.optimizer : state;
      await using<Either, void>(make, { ...classifier, optimizer, fuse: false }, async (trainer) => {
        const { tensors, aliases } = trainer.plan;
        const there = new Set(["data", "parameter", "state", "control"]);
        const all = [
          ...Object.entries(tensors),
          ...Object.entries(aliases).map(([name, of]) => [name, tensors[of]] as const),
        ];
        for (const [name, tensor] of all) {
          // A batch's rows are data that a step picks.
          if (there.has(tensor?.role ?? "") && !tensor?.batched)
            expect((await trainer.read(name)).shape).toEqual(tensor?.shape);
          else expect(await refusal(() => trainer.read(name))).toBe(early(name));
        }
        // A file brings parameters and state alone.
        await trainer.load(await trainer.save());
        expect(await refusal(() => trainer.read("ring"))).toBe(early("ring"));
        expect(await refusal(() => trainer.read("nothing"))).toContain('got tensor "nothing", expected one of ');
        await trainer.step();
        // The output of the last layer is called by its number too.
        expect(await trainer.read("h2")).toEqual(await trainer.read("o"));
        for (const [name] of all) await trainer.read(name);
      });
    },
  );

  test.each(trainersOn(device))(
    "a trainer %s counts on from a late step, and refuses one that 32 bits do not count",
    async (_, make) => {
      await using<Either, void>(make, classifier, async (trainer) => {
        await trainer.step(EPOCH_STEPS);
        const { tensors, metadata } = decodeSafetensors(await trainer.save());
        const description = JSON.parse(metadata.chainrule ?? "");
        description.training.step = 2 ** 31 - 1;
        await trainer.load(encodeSafetensors(tensors, { ...metadata, chainrule: JSON.stringify(description) }));
        const before = await trainer.parameters();
        const beyond = 2 ** 32 - 2 ** 31 + 1;
        expect(await refusal(() => trainer.step(beyond))).toMatch(/^ModelError: training: got step 4294967296, /);
        expectSameParameters(await trainer.parameters(), before);
        expect(await trainer.step(3)).toMatchObject({ step: 2 ** 31 + 2, steps: 3 });
        // What is saved can be loaded.
        const file = await trainer.save();
        await trainer.load(file);
        expect(await trainer.step()).toMatchObject({ step: 2 ** 31 + 3 });
      });
    },
  );
});

const floatOf = (word: number) => new Float32Array(Uint32Array.of(word).buffer)[0];
