import { describe, expect, test } from "vitest";
import { adam, type Optimizer, sgd } from "../../../src/model/optimizer.ts";
import { cosine, stepDecay } from "../../../src/model/schedule.ts";
import { loadModel } from "../../../src/run/checkpoint.ts";
import { createPredictor } from "../../../src/run/predictor.ts";
import type { ByteScale, Dataset, TrainerOptions } from "../../../src/run/types.ts";
import { usePosingDevice } from "../../helpers/device.ts";
import { random, randomIntegers } from "../../helpers/gpu.ts";
import {
  BATCH,
  CLASSES,
  COLUMNS,
  classes,
  classifier,
  EPOCH_STEPS,
  expectSameParameters,
  ROWS,
  rejection,
} from "../../helpers/training.ts";
import { type Either, refusal, trainersOn, untimed, using } from "../../helpers/trainings.ts";

/** What a trainer takes up while it trains: other numbers of its optimizer, other rows, and what bytes stand for. */

const device = await usePosingDevice();

const by = (optimizer: Optimizer): TrainerOptions => ({ ...classifier, optimizer });
const decaying = (learningRate: number, weightDecay: number) => sgd({ learningRate, weightDecay });
const momentum = (learningRate: number, mu: number, weightDecay: number) =>
  sgd({ learningRate, momentum: mu, weightDecay });
const rates = { beta1: 0.8, beta2: 0.99 };

/** Optimizers, and others of the same kind. */
const changes: Readonly<Record<string, readonly [Optimizer, Optimizer]>> = {
  "η and λ of sgd": [decaying(0.2, 0.1), decaying(0.05, 0.3)],
  "η, λ and μ of momentum": [momentum(0.1, 0.9, 0.1), momentum(0.03, 0.5, 0.2)],
  "η and ε of adam": [adam({ learningRate: 0.02, ...rates }), adam({ learningRate: 0.05, ...rates, epsilon: 1e-3 })],
  "β of adam": [adam({ learningRate: 0.02, ...rates }), adam({ learningRate: 0.02, beta1: 0.5, beta2: 0.9 })],
  "a schedule of steps": [
    adam({ learningRate: stepDecay({ learningRate: 0.02, every: 2, factor: 0.7 }) }),
    adam({ learningRate: stepDecay({ learningRate: 0.05, every: 3, factor: 0.5 }) }),
  ],
  "a cosine with warm-up": [
    adam({ learningRate: cosine({ learningRate: 0.02, steps: 15, warmup: 3 }) }),
    adam({ learningRate: cosine({ learningRate: 0.05, steps: 9, warmup: 6, finalLearningRate: 0.001 }) }),
  ],
};

/** Trains both on, and asserts that they do the same. */
async function expectSameFrom(one: Either, other: Either, steps = 5): Promise<void> {
  expect(untimed(await one.step(steps))).toEqual(untimed(await other.step(steps)));
  expectSameParameters(await one.parameters(), await other.parameters());
  expect(await one.save()).toEqual(await other.save());
}

describe.each(trainersOn(device))("setOptimizer of a trainer %s", (_, make) => {
  const withTrainer = <R>(options: TrainerOptions, work: (trainer: Either) => Promise<R>) =>
    using<Either, R>(make, options, work);

  test.each(Object.entries(changes))(
    "changes %s from the next step on, as a new trainer would go on",
    async (_, [first, then]) => {
      await withTrainer(by(first), async (trainer) => {
        await trainer.step(4);
        const file = await trainer.save();
        expect(await trainer.setOptimizer(then)).toBeUndefined();
        await withTrainer(by(then), async (other) => {
          await other.load(file);
          await expectSameFrom(trainer, other);
        });
      });
    },
  );

  test("is told by the next report, and takes its turn", async () => {
    await withTrainer(by(decaying(0.2, 0.1)), async (trainer) => {
      const [before, , after] = await Promise.all([
        trainer.step(2),
        trainer.setOptimizer(decaying(0.05, 0.3)),
        trainer.step(1),
      ]);
      expect([before.learningRate, after.learningRate]).toEqual([0.2, 0.05].map(Math.fround));
      expect([before.step, after.step]).toEqual([2, 3]);
    });
  });

  test("takes a description as it is when it is called", async () => {
    await withTrainer(by(decaying(0.2, 0.1)), async (trainer) => {
      const given = JSON.parse(JSON.stringify(decaying(0.05, 0.3)));
      const [set, next] = [trainer.setOptimizer(given), trainer.step()];
      given.schedule.learningRate = 7;
      given.weightDecay = 7;
      const [, { learningRate }] = await Promise.all([set, next]);
      expect(learningRate).toBe(Math.fround(0.05));
    });
  });

  const own = "sgd, schedule constant, decay per-batch";
  const refused: readonly (readonly [string, Optimizer, string])[] = [
    ["another kind", adam({ learningRate: 0.1, weightDecay: 0.1 }), "adam, schedule constant, decay per-batch"],
    ["a momentum where there was none", momentum(0.1, 0.9, 0.1), "momentum, schedule constant, decay per-batch"],
    ["no decay", sgd({ learningRate: 0.1 }), "sgd, schedule constant, no decay"],
    [
      "another form of decay",
      sgd({ learningRate: 0.1, weightDecay: 0.1, decay: "per-step" }),
      "sgd, schedule constant, decay per-step",
    ],
    [
      "a decay of biases",
      sgd({ learningRate: 0.1, weightDecay: 0.1, decayBiases: true }),
      "sgd, schedule constant, decay per-batch of biases too",
    ],
    [
      "another schedule",
      sgd({ learningRate: cosine({ learningRate: 0.1, steps: 9 }), weightDecay: 0.1 }),
      "sgd, schedule cosine, decay per-batch",
    ],
  ];

  test("refuses what would need another plan, and goes on as it was", async () => {
    await withTrainer(classifier, async (trainer) => {
      for (const [name, optimizer, got] of refused) {
        expect([name, await refusal(() => trainer.setOptimizer(optimizer))]).toEqual([
          name,
          `ModelError: setOptimizer: got ${got}, expected ${own}, as the trainer was made with; ` +
            "change numbers alone, or make a new trainer with setParameters or load.",
        ]);
      }
      for (const nonsense of [undefined, null, 0.1, { ...classifier.optimizer, weightDecay: -1 }, { kind: "sgd" }]) {
        expect(await refusal(() => trainer.setOptimizer(nonsense as Optimizer))).toMatch(/^ModelError: setOptimizer: /);
      }
      await withTrainer(classifier, (other) => expectSameFrom(trainer, other));
    });
  });

  test("counts after a halt once training goes on", async () => {
    const [first, then] = changes["η, λ and μ of momentum"] as readonly [Optimizer, Optimizer];
    await withTrainer(by(first), async (trainer) => {
      await trainer.step(4);
      const [file, good] = [await trainer.save(), await trainer.parameters()];
      await trainer.setParameters({ b2: Float32Array.of(3e38, -3e38, 0, 0) });
      const halted = await rejection(trainer.step(3));
      await trainer.setOptimizer(then);
      expect(await rejection(trainer.step())).toBe(halted);
      await trainer.setParameters(good);
      await withTrainer(by(then), async (other) => {
        await other.load(file);
        await expectSameFrom(trainer, other);
      });
    });
  });
});

const CAPACITY = 200;
const roomy: TrainerOptions = { ...classifier, capacity: CAPACITY };

describe.each(trainersOn(device))("setData of a trainer %s", (_, make) => {
  const withTrainer = <R>(options: TrainerOptions, work: (trainer: Either) => Promise<R>) =>
    using<Either, R>(make, options, work);

  test.each([60, ROWS, 170, CAPACITY])("trains on %i rows, as a new trainer would go on", async (rows) => {
    await withTrainer(roomy, async (trainer) => {
      // Amid the second epoch.
      await trainer.step(EPOCH_STEPS + 1);
      expect(await trainer.setData(classes(rows, 9))).toBeUndefined();
      const file = await trainer.save();
      await withTrainer({ ...roomy, data: classes(rows, 9) }, async (other) => {
        await other.load(file);
        await expectSameFrom(trainer, other);
      });
    });
  });

  test("begins the next epoch, each of which has each row once", async () => {
    await withTrainer(roomy, async (trainer) => {
      expect(await trainer.step(EPOCH_STEPS + 1)).toMatchObject({ epoch: 2 });
      let epoch = 2;
      // More than the batch, and fewer: twice the same number, too.
      for (const rows of [170, 60, 20, 20, CAPACITY]) {
        await trainer.setData(classes(rows, rows));
        for (let count = 0; count < 2; count++) {
          epoch++;
          const seen: number[] = [];
          while (seen.length < rows) {
            expect(await trainer.step()).toMatchObject({ epoch, rows: Math.min(BATCH, rows - seen.length) });
            seen.push(...(await trainer.read("order")).data);
          }
          expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, row) => row));
        }
      }
      const report = await trainer.fit({ epochs: 2 });
      expect(report).toMatchObject({ epoch: epoch + 2, rows: CAPACITY, steps: CAPACITY / BATCH });
    });
  });

  test("begins no further epoch where it is called again before a step, nor at an epoch's end", async () => {
    await withTrainer(roomy, async (trainer) => {
      await trainer.setData(classes(170, 1));
      await trainer.setData(classes(60, 1));
      expect(await trainer.step()).toMatchObject({ step: 1, epoch: 1 });
      expect(await trainer.step()).toMatchObject({ step: 2, epoch: 1, rows: 10 });
      await trainer.setData(classes(170, 1));
      await trainer.setData(classes(20, 1));
      expect(await trainer.step()).toMatchObject({ step: 3, epoch: 2, rows: 20 });
    });
  });

  test("takes rows in the order given where they are not shuffled", async () => {
    await withTrainer({ ...roomy, shuffle: false }, async (trainer) => {
      await trainer.step(2);
      await trainer.setData(classes(60, 9));
      const order: number[] = [];
      for (let t = 0; t < 2; t++) {
        await trainer.step();
        order.push(...(await trainer.read("order")).data);
      }
      expect(order).toEqual(Array.from({ length: 60 }, (_, row) => row));
    });
  });

  test("leaves a file that a trainer can load, however few the rows are", async () => {
    await withTrainer(roomy, async (trainer) => {
      await trainer.setData(classes(20, 9));
      await trainer.step(3);
      const file = await trainer.save();
      expect(loadModel(file).training?.progress.order).toMatchObject({ rows: 20, epoch: 3, row: 0 });
      await withTrainer(roomy, async (other) => {
        await other.setData(classes(20, 9));
        await other.load(file);
        await expectSameFrom(trainer, other);
      });
    });
  });

  test("is read as the rows that there are", async () => {
    await withTrainer(roomy, async (trainer) => {
      for (const rows of [ROWS, 60, 170]) {
        const data = classes(rows, rows);
        await trainer.setData(data);
        const [x, y] = [await trainer.read("X"), await trainer.read("Y")];
        expect([x.shape, y.shape]).toEqual([[rows, COLUMNS], [rows]]);
        expect([x.data, y.data]).toEqual([data.inputs, data.targets]);
      }
    });
  });

  test("keeps to a halt, which parameters end", async () => {
    await withTrainer(roomy, async (trainer) => {
      const good = await trainer.parameters();
      await trainer.setParameters({ b2: Float32Array.of(3e38, -3e38, 0, 0) });
      const halted = await rejection(trainer.step(3));
      await trainer.setData(classes(60, 9));
      expect(await rejection(trainer.step())).toBe(halted);
      await trainer.setParameters(good);
      expect(await trainer.step()).toMatchObject({ step: 1, epoch: 1, rows: BATCH });
      expect(await trainer.step()).toMatchObject({ step: 2, epoch: 1, rows: 10 });
    });
  });

  const refused: readonly (readonly [Dataset | undefined, string | RegExp])[] = [
    [
      classes(CAPACITY + 1),
      "ShapeError: setData: got 201 rows, expected at most 200, which there is room for; " +
        "give fewer rows, or make the trainer with capacity: 201.",
    ],
    [
      { inputs: random(40, 1), targets: randomIntegers(10, 1, CLASSES) },
      /^ShapeError: setData: inputs: got 40 numbers, /,
    ],
    [
      { inputs: random(48, 1), targets: randomIntegers(12, 1, CLASSES) },
      /^ShapeError: setData: targets: got 12 targets for 16 rows of 3, /,
    ],
    [{ ...classes(5), columns: 5 }, /^ShapeError: setData: /],
    [{ inputs: [1, 2, Number.NaN], targets: [0] }, /^DataError: setData: inputs: row 1, column 3: got NaN, /],
    [{ inputs: [1, 2, 3], targets: [4] }, /^DataError: setData: targets: row 1: got class 4, /],
    [{ inputs: [], targets: [] }, /^DataError: setData: /],
    [
      { inputs: Uint8Array.of(1, 2, 3), targets: [0] },
      /^DataError: setData: inputs: got bytes for a network that was trained on floats, /,
    ],
    [
      { inputs: Uint8Array.of(1, 2, 3), targets: [0], scale: 1 },
      "DataError: setData: inputs: got bytes, expected numbers, as the trainer was made with; give numbers.",
    ],
    [undefined, /^ModelError: setData: got undefined, expected an object of inputs, targets, /],
  ];

  test("refuses what does not fit, and goes on as it was", async () => {
    await withTrainer(roomy, async (trainer) => {
      await trainer.step();
      for (const [data, message] of refused) {
        const text = await refusal(() => trainer.setData(data as Dataset));
        if (typeof message === "string") expect(text).toBe(message);
        else expect(text).toMatch(message);
      }
      await withTrainer(roomy, async (other) => {
        await other.step();
        await expectSameFrom(trainer, other);
      });
    });
  });
});

describe("capacity", () => {
  test.each(trainersOn(device))("of a trainer %s takes the rows of its data at least", async (_, make) => {
    const name = _ === "on the GPU" ? "createTrainer" : "createReferenceTrainer";
    for (const capacity of [ROWS - 1, 0, 150.5, Number.NaN, "200" as unknown as number]) {
      const text = await refusal(() => make({ ...classifier, capacity }));
      expect(text).toBe(
        `ModelError: ${name}: got capacity ${typeof capacity === "string" ? `"${capacity}"` : capacity}, ` +
          "expected a whole number from 130 to 4294967295; set capacity to a whole number from 130 to 4294967295.",
      );
    }
  });

  test("changes no bit of a training, and takes room on the GPU", async () => {
    for (const [, make] of trainersOn(device)) {
      await using<Either, void>(make, roomy, (trainer) =>
        using<Either, void>(make, classifier, (other) => expectSameFrom(trainer, other, 7)),
      );
    }
    const [[, make]] = trainersOn(device);
    await using(make, roomy, async (trainer) => {
      expect(trainer.buffer("X").size).toBe(4 * CAPACITY * COLUMNS);
      expect(trainer.buffer("Y").size).toBe(4 * CAPACITY);
    });
  });
});

describe.each(trainersOn(device))("bytes, to a trainer %s", (_, make) => {
  const stands: ByteScale = { scale: 1 / 128, offset: -1 };
  const pixels = (rows: number, seed: number) => Uint8Array.from(randomIntegers(rows * COLUMNS, seed, 256));
  const valuesOf = (bytes: Uint8Array) => Float32Array.from(bytes, (byte) => byte / 128 - 1);
  const { targets } = classes(ROWS);
  // In one dispatch, whose step is one shader.
  const ofBytes: TrainerOptions = {
    ...roomy,
    oneDispatch: true,
    data: { inputs: pixels(ROWS, 1), targets, ...stands },
  };
  const withTrainer = <R>(options: TrainerOptions, work: (trainer: Either) => Promise<R>) =>
    using<Either, R>(make, options, work);

  test("stand for what they did in training, in every later call", async () => {
    await withTrainer(ofBytes, async (trainer) => {
      await trainer.step(4);
      const [rows, labels] = [pixels(40, 5), classes(40).targets];
      const expected = await trainer.predict(valuesOf(rows));
      expect(await trainer.predict(rows)).toEqual(expected);
      expect(await trainer.predict(rows, stands)).toEqual(expected);
      expect(await trainer.predict(rows, { scale: 1 })).not.toEqual(expected);
      expect(await refusal(() => trainer.setData({ inputs: rows, targets: labels, scale: 1 }))).toBe(
        "DataError: setData: inputs: got bytes that stand for something else, expected scale 0.0078125 and offset -1, " +
          "as the trainer was made with; leave scale and offset out.",
      );
      await trainer.setData({ inputs: pixels(ROWS, 1), targets, ...stands });
      const judged = await trainer.evaluate({ inputs: valuesOf(rows), targets: labels });
      expect(await trainer.evaluate({ inputs: rows, targets: labels })).toEqual(judged);
      expect(await trainer.evaluate({ inputs: rows, targets: labels, ...stands })).toEqual(judged);
      const file = await trainer.save();
      await trainer.setData({ inputs: pixels(60, 7), targets: classes(60).targets });
      await withTrainer(ofBytes, async (other) => {
        await other.load(file);
        await other.setData({ inputs: pixels(60, 7), targets: classes(60).targets, ...stands });
        await expectSameFrom(trainer, other);
      });
      expect(await refusal(() => trainer.setData(classes(60)))).toBe(
        "DataError: setData: inputs: got numbers, expected bytes, as the trainer was made with; give bytes.",
      );
    });
  });

  test("are told by the file, and stand for the same to who loads it", async () => {
    await withTrainer(ofBytes, async (trainer) => {
      const loaded = loadModel(await trainer.save());
      expect((loaded as { bytes?: ByteScale }).bytes).toEqual(stands);
      const predictor = await createPredictor(device, loaded);
      const rows = pixels(40, 5);
      const [[, onGpu]] = trainersOn(device);
      const expected = await using(onGpu, ofBytes, (other) => other.predict(valuesOf(rows)));
      expect(await predictor.predict(rows)).toEqual(expected);
      predictor.dispose();
    });
    await withTrainer(classifier, async (trainer) => {
      expect(loadModel(await trainer.save())).not.toHaveProperty("bytes.scale");
    });
  });

  test("are refused by what was trained on floats, unless they say what they stand for", async () => {
    await withTrainer(classifier, async (trainer) => {
      const [rows, labels] = [pixels(4, 5), classes(4).targets];
      const calls = {
        predict: () => trainer.predict(rows),
        probe: () => trainer.probe(rows),
        evaluate: () => trainer.evaluate({ inputs: rows, targets: labels }),
      };
      for (const [name, call] of Object.entries(calls)) {
        expect(await refusal(call)).toBe(
          `DataError: ${name}: inputs: got bytes for a network that was trained on floats, ` +
            "expected floats, or scale and offset beside the bytes; say what a byte stands for, such as { scale: 1 / 255 }.",
        );
      }
      expect(await trainer.predict(rows, stands)).toEqual(await trainer.predict(valuesOf(rows)));
      expect(await refusal(() => trainer.predict(valuesOf(rows), { scale: 2 }))).toBe(
        "DataError: predict: scale: got 2 for inputs that are no bytes, " +
          "expected inputs of a Uint8Array or Uint8ClampedArray; give bytes, or scale the numbers and leave it out.",
      );
    });
  });
});
