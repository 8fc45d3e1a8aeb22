import { describe, expect, test } from "vitest";
import { createReferenceTrainer } from "../../../src/cpu/trainer.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../src/data/safetensors.ts";
import { DataError } from "../../../src/errors.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import { adam, adamw, type Optimizer, sgd } from "../../../src/model/optimizer.ts";
import { permute } from "../../../src/model/random.ts";
import { cosine, stepDecay } from "../../../src/model/schedule.ts";
import { loadModel } from "../../../src/run/checkpoint.ts";
import { createPredictor } from "../../../src/run/predictor.ts";
import { sweep } from "../../../src/run/sweep.ts";
import { createTrainer } from "../../../src/run/trainer.ts";
import type { ReferenceTrainer, Report, SaveOptions, Trainer, TrainerOptions } from "../../../src/run/types.ts";
import { expectClose, UNIT_ROUNDOFF } from "../../helpers/compare.ts";
import { usePosingDevice } from "../../helpers/device.ts";
import {
  BATCH,
  classes,
  classifier,
  EPOCH_STEPS,
  expectSameParameters,
  plans,
  ROWS,
  rejection,
  withTrainer,
} from "../../helpers/training.ts";
import { oldFile, oldOptions, writers } from "../../helpers/version-1.ts";

const device = await usePosingDevice();

// Of one kind, the update's shader is the same: with a penalty of sgd and momentum, and without one of Adam.
const sgdWithDecay = sgd({ learningRate: 0.2, weightDecay: 0.1 });
const momentum = sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 0.1 });
const stairs = adam({ learningRate: stepDecay({ learningRate: 0.02, every: 2, factor: 0.7 }) });
const plainAdam = adam({ learningRate: 0.02, beta1: 0.8, beta2: 0.99 });

const optimizers: Readonly<Record<string, Optimizer>> = {
  sgd: sgdWithDecay,
  momentum,
  "adam, stairs": stairs,
  "adam, warm-up and cosine": adam({ learningRate: cosine({ learningRate: 0.02, steps: 15, warmup: 3 }) }),
};

const by = (optimizer: Optimizer): TrainerOptions => ({ ...classifier, optimizer });

/** A trainer of either kind. */
type Either = Trainer | ReferenceTrainer;
const makers: Readonly<Record<string, (options: TrainerOptions) => Promise<Either>>> = {
  "on the GPU": (options) => createTrainer(device, options),
  "on the CPU": async (options) => createReferenceTrainer(options),
};

const withoutTimes = ({ seconds: _, samplesPerSecond: __, ...report }: Report) => report;

async function withEither<T>(
  make: (options: TrainerOptions) => Promise<Either>,
  options: TrainerOptions,
  work: (trainer: Either) => Promise<T>,
): Promise<T> {
  const trainer = await make(options);
  try {
    return await work(trainer);
  } finally {
    trainer.dispose();
  }
}

/** The file of a training on the CPU, which needs no shader. */
async function fileOf(options: TrainerOptions, steps = 0): Promise<Uint8Array<ArrayBuffer>> {
  const trainer = createReferenceTrainer(options);
  if (steps > 0) await trainer.step(steps);
  return trainer.save();
}

const stepped = async <T extends Pick<Trainer, "step">>(trainer: T, steps: number): Promise<T> => {
  await trainer.step(steps);
  return trainer;
};

describe("save and load", () => {
  test.each(Object.entries(optimizers))(
    "a training goes on bit for bit as if it had not been cut (%s)",
    async (_, optimizer) => {
      const options = by(optimizer);
      // Steps 4 and 7 lie within an epoch of three steps, and between two changes of the learning rate.
      for (const cut of [4, 7]) {
        const [whole, first, second] = await Promise.all([0, 1, 2].map(() => createTrainer(device, options)));
        if (!whole || !first || !second) throw new Error("three trainers");
        await whole.step(cut);
        const expected = await whole.step(7);
        await first.step(cut);
        await second.load(await first.save());
        const got = await second.step(7);
        expect(withoutTimes(got)).toEqual(withoutTimes(expected));
        expectSameParameters(await second.parameters(), await whole.parameters());
        for (const trainer of [whole, first, second]) trainer.dispose();
      }
    },
  );

  test("a file holds the network, its parameters and the given metadata", async () => {
    await withTrainer(device, classifier, async (trainer) => {
      await trainer.step(2);
      const loaded = loadModel(await trainer.save({ metadata: { note: "kept" } }));
      expectSameParameters(loaded.parameters, await trainer.parameters());
      expect(loaded).toMatchObject({ inputs: 3, loss: "softmaxCrossEntropy", metadata: { note: "kept" } });
      expect(loaded.training?.progress.step).toBe(2);
      const predictor = await createPredictor(device, loaded);
      expect(await predictor.predict([1, 2, 3])).toEqual(await trainer.predict([1, 2, 3]));
      predictor.dispose();
    });
  });

  test.each(plans)(
    "a run by the %s plan that halted is saved as it was before the step that halted it",
    async (_, fuse) => {
      const options = { ...by(plainAdam), fuse };
      for (const make of [async () => createReferenceTrainer(options), () => createTrainer(device, options)]) {
        const [halted, whole] = [await make(), await make()];
        const before = loadModel(await (await stepped(whole, 4)).save());
        const good = await (await stepped(halted, 4)).parameters();
        // A row of class 1 has a loss of 6·10³⁸.
        await halted.setParameters({ b2: Float32Array.of(3e38, -3e38, 0, 0) });
        expect(await rejection(halted.step(3))).toMatchObject({ step: 5 });
        const { state, progress } = loadModel(await halted.save()).training ?? {};
        expect(state).toEqual(before.training?.state);
        const { correction1 = 0, correction2 = 0, ...rest } = before.training?.progress ?? {};
        expect(progress).toMatchObject(rest);
        // One step of the recurrence, there and back: each of the four operations rounds once, relative to 1 at most, and β divides.
        expectClose("correction1", [progress?.correction1 ?? 0], [correction1], (4 * UNIT_ROUNDOFF) / 0.8);
        expectClose("correction2", [progress?.correction2 ?? 0], [correction2], (4 * UNIT_ROUNDOFF) / 0.99);
        expectSameParameters({ ...good }, before.parameters);
        halted.dispose();
        whole.dispose();
      }
    },
  );

  test("metadata that load would refuse is refused before it is written, by every trainer", async () => {
    const variants = [{ optimizer: classifier.optimizer, seed: 5 }];
    const { model, loss, data } = classifier;
    const all = await sweep(device, { model, loss, data, variants });
    const wrong = { metadata: { accuracy: 0.9 } } as unknown as SaveOptions;
    await withTrainer(device, classifier, async (trainer) => {
      const saves = [trainer.save(wrong), createReferenceTrainer(classifier).save(wrong), all.save(0, wrong)];
      for (const error of await Promise.all(saves.map(rejection))) {
        expect(String(error)).toBe(
          'ModelError: save: metadata "accuracy": got 0.9, expected text; write it as text, with JSON.stringify say.',
        );
      }
    });
    // Its files tell the same as a trainer's.
    const { progress, optimizer } = loadModel(await all.save(0)).training ?? {};
    expect(optimizer).toEqual({ kind: "sgd", state: [] });
    expect(progress?.order).toEqual({ rows: ROWS, batch: 32, seed: 5, shuffle: true, epoch: 0, row: 0 });
    await all.step(6);
    expect(loadModel(await all.save(0)).training?.progress.order).toMatchObject({ epoch: 1, row: 32 });
    all.dispose();
  });

  test("a file without optimizer state gives parameters and leaves the steps as they are", async () => {
    await withTrainer(device, by(momentum), async (trainer) => {
      await trainer.step(3);
      const bytes = await trainer.save({ optimizer: false });
      const parameters = await trainer.parameters();
      expect(loadModel(bytes).training).toBeUndefined();
      await trainer.step(2);
      await trainer.load(bytes);
      expectSameParameters(await trainer.parameters(), parameters);
      expect(await trainer.step()).toMatchObject({ step: 6 });
    });
  });

  test.each([
    ["size", [dense(9, "tanh"), dense(4)], "0.weight [9, 3], 0.bias [9], 2.weight [4, 9], 2.bias [4], tanh, identity"],
    [
      "activation",
      [dense(8, "relu"), dense(4)],
      "0.weight [8, 3], 0.bias [8], 2.weight [4, 8], 2.bias [4], relu, identity",
    ],
  ])("a file of a network of another %s is refused, and nothing is written", async (_, layers, found) => {
    const bytes = await fileOf({ ...classifier, model: sequential(layers) });
    await withTrainer(device, classifier, async (trainer) => {
      const before = await trainer.parameters();
      expect(String(await rejection(trainer.load(bytes)))).toBe(
        `ShapeError: load: got a network of ${found}, softmaxCrossEntropy, ` +
          "expected 0.weight [8, 3], 0.bias [8], 2.weight [4, 8], 2.bias [4], tanh, identity, softmaxCrossEntropy; " +
          "make the trainer with the file's own model and loss, which loadModel gives.",
      );
      expectSameParameters(await trainer.parameters(), before);
    });
  });

  test.each([
    ["momentum", 5, Number.NaN, "a finite number"],
    ["momentum", 5, Number.POSITIVE_INFINITY, "a finite number"],
    ["adam, stairs", 4, Number.NEGATIVE_INFINITY, "a finite number"],
    ["adam, stairs", 5, Number.NaN, "a finite number, 0 or above, as an average of squares is"],
    ["adam, stairs", 5, -0.5, "a finite number, 0 or above, as an average of squares is"],
  ])(
    "state of %s whose element %i is %d is refused by every trainer, which stays as it was",
    async (name, index, value, expected) => {
      const options = by(optimizers[name] ?? sgdWithDecay);
      await withTrainer(device, options, async (trainer) => {
        await trainer.step(2);
        const { tensors, metadata } = decodeSafetensors(await trainer.save());
        const state = new Float32Array(tensors["optimizer.2.weight"]?.data ?? []);
        state[index] = value;
        const shape = tensors["optimizer.2.weight"]?.shape ?? [];
        const bytes = encodeSafetensors({ ...tensors, "optimizer.2.weight": { shape, data: state } }, metadata);
        for (const one of [trainer, createReferenceTrainer(options)]) {
          await one.step(1);
          const before = await one.save();
          expect(String(await rejection(one.load(bytes)))).toBe(
            `DataError: load: state_W2: element ${index + 1}: got ${value}, expected ${expected}; use an earlier file, or one saved with { optimizer: false }.`,
          );
          expect(await one.save()).toEqual(before);
        }
      });
    },
  );

  test("a file of the textbook plan is one of the fused plan, and the other way round", async () => {
    const options = by(plainAdam);
    const files = [];
    for (const [, fuse] of plans) {
      const bytes = await withTrainer(device, { ...options, fuse }, async (trainer) => {
        await trainer.step(4);
        return trainer.save();
      });
      files.push(bytes);
      await withTrainer(device, { ...options, fuse: !fuse }, async (trainer) => {
        await trainer.load(bytes);
        expectSameParameters(await trainer.parameters(), loadModel(bytes).parameters);
        expect(await trainer.step(3)).toMatchObject({ step: 7, steps: 3 });
      });
    }
    expect(files[0]?.length).toBe(files[1]?.length);
  });

  test("a load waits for the steps before it and is there for those after it", async () => {
    const bytes = await withTrainer(device, classifier, async (trainer) => {
      await trainer.step(2);
      return trainer.save();
    });
    await withTrainer(device, classifier, async (trainer) => {
      const reports = await Promise.all([trainer.step(5), trainer.load(bytes), trainer.step(3)]);
      expect(reports.map((report) => report?.step)).toEqual([5, undefined, 5]);
      const parameters = await trainer.parameters();
      await withTrainer(device, classifier, async (other) => {
        await other.load(bytes);
        await other.step(3);
        expectSameParameters(parameters, await other.parameters());
      });
    });
  });
});

describe.each(Object.entries(makers))("the optimizer of a file, to a trainer %s", (place, make) => {
  const kinds = {
    sgd: sgdWithDecay,
    momentum,
    adam: stairs,
    adamw: adamw({ learningRate: 0.02 }),
  };
  const listed = (width: number) =>
    [6, 3, 6, 2].map((size, i) => `state_${["W1", "b1", "W2", "b2"][i]} of ${width * size} numbers`).join(", ");

  /** Why a trainer that has taken a step refuses a file, which leaves it as it was. */
  const refusalOf = (options: TrainerOptions, bytes: Uint8Array<ArrayBuffer>) =>
    withEither(make, options, async (trainer) => {
      await trainer.step();
      const before = await trainer.save();
      const error = await rejection(trainer.load(bytes));
      expect(await trainer.save()).toEqual(before);
      return error;
    });

  test("is refused by name where it is another, and nothing is written", async () => {
    const files = new Map<string, Uint8Array<ArrayBuffer>>();
    for (const [kind, optimizer] of Object.entries(kinds)) files.set(kind, await fileOf(by(optimizer), 2));
    for (const [own, optimizer] of Object.entries(kinds)) {
      for (const [kind, bytes] of files) {
        if (kind === own) continue;
        const error = await refusalOf(by(optimizer), bytes);
        expect(error).toBeInstanceOf(DataError);
        expect(String(error)).toBe(
          `DataError: load: got a training by ${kind}, expected one by ${own}, as this trainer's is; ` +
            "make the trainer with the optimizer that the file was saved with, or save with { optimizer: false }.",
        );
      }
    }
  });

  test("goes on where it is the same with other numbers", async () => {
    const others = {
      sgd: sgd({ learningRate: 0.3, weightDecay: 0.2 }),
      momentum: sgd({ learningRate: 0.3, momentum: 0.5, weightDecay: 0.2 }),
      adam: adam({ learningRate: stepDecay({ learningRate: 0.3, every: 2, factor: 0.7 }), beta1: 0.5, epsilon: 1e-3 }),
      adamw: adamw({ learningRate: 0.3, beta2: 0.9 }),
    };
    for (const [kind, optimizer] of Object.entries(kinds)) {
      const bytes = await fileOf(by(optimizer), 2);
      const { parameters, training } = loadModel(bytes);
      const changed = Object.entries(others).find(([name]) => name === kind)?.[1];
      await withEither(make, by(changed ?? optimizer), async (trainer) => {
        await trainer.load(bytes);
        const loaded = loadModel(await trainer.save());
        expectSameParameters(loaded.parameters, parameters);
        expect(loaded.training).toMatchObject({ optimizer: training?.optimizer, state: training?.state });
        expect(await trainer.step()).toMatchObject({ step: 3 });
      });
    }
  });

  test("is told by a file of version 1 through the shapes of its state alone", async () => {
    // The files by the width of their state; sizes of the four parameters are 6, 3, 6 and 2.
    const widths: Readonly<Record<string, number>> = { sgd: 0, momentum: 1, adam: 2, adamw: 2, f16: 2 };
    const got = ["a file without optimizer state", ...[1, 2].map((width) => `optimizer state ${listed(width)}`)];
    const expected = [
      "none, as this optimizer keeps none",
      "state_W1 [3, 2], state_b1 [3], state_W2 [2, 3], state_b2 [2]",
      "state_W1 [3, 2, 2], state_b1 [3, 2], state_W2 [2, 3, 2], state_b2 [2, 2]",
    ];
    // A load is the same for both trainers: on the GPU one optimizer of each width of state will do.
    for (const own of place === "on the GPU" ? ["momentum", "adam"] : Object.keys(kinds)) {
      // Whole steps in one dispatch: one shader for each optimizer.
      const options = { ...oldOptions, optimizer: writers[own] ?? sgdWithDecay };
      for (const [name, width] of Object.entries(widths)) {
        const bytes = oldFile(name);
        if (width !== widths[own]) {
          const fault = {
            where: "load",
            got: String(got[width]),
            expected: String(expected[widths[own] ?? 0]),
            remedy:
              "make the trainer with the optimizer that the file was saved with, or save with { optimizer: false }",
          };
          expect(String(await refusalOf(options, bytes))).toBe(String(new DataError(fault)));
          continue;
        }
        const { parameters, training } = loadModel(bytes);
        const { correction1 = 0, correction2 = 0 } = training?.progress ?? {};
        await withEither(make, options, async (trainer) => {
          await trainer.load(bytes);
          const { training: loaded, ...rest } = loadModel(await trainer.save());
          expectSameParameters(rest.parameters, parameters);
          expect(loaded?.state).toEqual(training?.state);
          // The CPU sums the corrections in double precision, and they are written so.
          expect(Math.fround(loaded?.progress.correction1 ?? 0)).toBe(Math.fround(correction1));
          expect(Math.fround(loaded?.progress.correction2 ?? 0)).toBe(Math.fround(correction2));
          // In the middle of an epoch of three steps, whose last has two of the ten rows.
          expect(await trainer.step()).toMatchObject({ step: 6, epoch: 2, rows: 2 });
        });
      }
    }
  });
});

describe.each(Object.entries(makers))("the order of the rows of a file, to a trainer %s", (_, make) => {
  const options = by(stairs);
  const { seed = 0 } = options;
  const OTHER_ROWS = 64;
  const others: Readonly<Record<string, Partial<TrainerOptions>>> = {
    "of more rows": { data: classes(2 * ROWS, 5) },
    "of fewer rows, of which an epoch is one step": { data: classes(BATCH, 5) },
    "of another batch": { batch: 40 },
    "of another seed": { seed: seed + 1 },
    "that takes the rows as they come": { shuffle: false },
  };

  /** Reports of so many epochs, less their times. */
  const epochsOf = async (trainer: Either, epochs: number) => {
    const reports = [];
    for await (const { epoch, step, steps, rows } of trainer.fit({ epochs }))
      reports.push({ epoch, step, steps, rows });
    return reports;
  };

  test.each(Object.entries(others))(
    "in the middle of an epoch is left for a new one by a trainer %s",
    async (_, other) => {
      // One step into the second epoch, which is not begun again.
      const bytes = await fileOf(options, EPOCH_STEPS + 1);
      await withEither(make, { ...options, ...other }, async (trainer) => {
        await trainer.load(bytes);
        const rows = (other.data ?? options.data).targets.length;
        const steps = Math.ceil(rows / (other.batch ?? BATCH));
        const expected = [3, 4].map((epoch, i) => ({ epoch, step: EPOCH_STEPS + 1 + (i + 1) * steps, steps, rows }));
        expect(await epochsOf(trainer, 2)).toEqual(expected);
        const taken: number[] = [];
        for (let step = 0; step < steps; step++) {
          await trainer.step();
          taken.push(...(await trainer.read("order")).data);
        }
        const row = (i: number) => (other.shuffle === false ? i : permute(i, rows, other.seed ?? seed, 4));
        expect(taken).toEqual(Array.from({ length: rows }, (_, i) => row(i)));
      });
    },
  );

  test("at the end of an epoch goes on with the one after it, in any trainer", async () => {
    const bytes = await fileOf(options, 2 * EPOCH_STEPS);
    for (const other of [{}, { data: classes(OTHER_ROWS, 5) }, { seed: seed + 1 }, { shuffle: false }]) {
      await withEither(make, { ...options, ...other }, async (trainer) => {
        await trainer.load(bytes);
        const [report] = await epochsOf(trainer, 1);
        expect(report).toMatchObject({ epoch: 3, rows: (other.data ?? options.data).targets.length });
      });
    }
  });

  test("without a shuffle is the same for any seed", async () => {
    const inOrder = { ...options, shuffle: false };
    const bytes = await fileOf(inOrder, EPOCH_STEPS + 1);
    await withEither(make, { ...inOrder, seed: seed + 1 }, async (trainer) => {
      await trainer.load(bytes);
      expect(await epochsOf(trainer, 1)).toEqual([{ epoch: 2, step: 6, steps: 2, rows: ROWS - BATCH }]);
    });
  });

  test("is kept by what goes on from there: schedule, another file, and a run that halts", async () => {
    const smaller = { ...options, data: classes(OTHER_ROWS, 5) };
    const bytes = await fileOf(options, EPOCH_STEPS + 2);
    await withEither(make, smaller, async (first) => {
      await first.load(bytes);
      // Steps are counted on, and the learning rate by them: it falls before every other step.
      const taken = await first.step();
      expect(taken).toMatchObject({ step: 6, epoch: 3, rows: BATCH });
      expect(taken.learningRate / 0.02).toBeCloseTo(0.7 ** 2, 6);
      const file = await first.save();
      await withEither(make, smaller, async (second) => {
        await second.load(file);
        const [got, expected] = [await second.step(4), await first.step(4)];
        expect(withoutTimes(got)).toEqual(withoutTimes(expected));
        expectSameParameters(await second.parameters(), await first.parameters());
        expect(await second.save()).toEqual(await first.save());
        const good = await second.parameters();
        // Step 10 was the first of its epoch. A row of class 1 has a loss of 6·10³⁸ in step 11.
        await second.setParameters({ b2: Float32Array.of(3e38, -3e38, 0, 0) });
        expect(await rejection(second.step())).toMatchObject({ step: 11 });
        const { order } = loadModel(await second.save()).training?.progress ?? {};
        expect(order).toMatchObject({ rows: OTHER_ROWS, epoch: 4, row: BATCH });
        await second.setParameters(good);
        expect(await second.step()).toMatchObject({ step: 11, epoch: 5, rows: OTHER_ROWS - BATCH });
      });
    });
  });

  test("is not told by version 1, whose epochs are counted by its steps: of other rows the first is the rest of one", async () => {
    const old = { ...oldOptions, optimizer: writers.momentum ?? momentum };
    const { inputs, targets } = old.data;
    // Eight of the ten rows: epochs of two steps.
    const smaller = {
      ...old,
      data: { inputs: Array.from(inputs).slice(0, 16), targets: Array.from(targets).slice(0, 8) },
    };
    const file = await fileOf(old, 5);
    await withEither(make, smaller, async (trainer) => {
      await trainer.load(oldFile("momentum"));
      expect(await epochsOf(trainer, 2)).toEqual([
        { epoch: 3, step: 6, steps: 1, rows: 4 },
        { epoch: 4, step: 8, steps: 2, rows: 8 },
      ]);
      await trainer.load(file);
      expect(await epochsOf(trainer, 2)).toEqual([
        { epoch: 3, step: 7, steps: 2, rows: 8 },
        { epoch: 4, step: 9, steps: 2, rows: 8 },
      ]);
    });
  });
});
