import { describe, expect, test } from "vitest";
import { ChainruleError } from "../../../src/errors.ts";
import { LONG_RING_RECORDS } from "../../../src/kernels/control.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import { adam, sgd } from "../../../src/model/optimizer.ts";
import { stepDecay } from "../../../src/model/schedule.ts";
import { createTrainer } from "../../../src/run/trainer.ts";
import type { FitOptions, Report, Trainer, TrainerOptions } from "../../../src/run/types.ts";
import { expectClose } from "../../helpers/compare.ts";
import { usePosingDevice } from "../../helpers/device.ts";
import {
  BATCH,
  classifier,
  EPOCH_STEPS,
  estimator,
  expectSameParameters,
  ROWS,
  referenceOf,
  rejection,
  sumsOf,
  withTrainer,
} from "../../helpers/training.ts";

const device = await usePosingDevice();

/** Steps of one network part by less than this over a few steps; relative, as sums of losses do not cancel. */
const CLOSE = 1e-5;

const collect = async (trainer: Trainer, epochs: number): Promise<Report[]> => {
  const reports = [];
  for await (const report of trainer.fit({ epochs })) reports.push(report);
  return reports;
};

const parametersAfter = (seed: number, train: (trainer: Trainer) => Promise<unknown>, options = classifier) =>
  withTrainer(device, { ...options, seed }, async (trainer) => {
    await train(trainer);
    return trainer.parameters();
  });

describe("trainer › reports", () => {
  test.each(Object.entries({ classifier, estimator }))(
    "steps of a small %s report L, s and J per sample as the reference sums them, over partial batches",
    async (_, options) => {
      await withTrainer(device, options, async (trainer) => {
        const reference = await referenceOf(trainer, options);
        for (const steps of [1, 4, 2]) {
          let [loss, penalty, hits, rows] = [0, 0, 0, 0];
          for (let i = 0; i < steps; i++) {
            reference.step();
            const sums = sumsOf(reference);
            [loss, penalty, hits, rows] = [
              loss + sums.loss,
              penalty + sums.penalty,
              hits + sums.hits,
              rows + sums.rows,
            ];
          }
          const report = await trainer.step(steps);
          const expected = [loss / rows, penalty / rows, (loss + penalty) / rows];
          const got = [report.loss, report.penalty, report.objective];
          expectClose("loss, penalty, objective", got, expected, (i) => CLOSE * (expected[i] ?? 0));
          expect(report).toMatchObject({
            step: reference.control.step,
            epoch: reference.control.epoch + 1,
            steps,
            rows,
            accuracy: options.loss === "softmaxCrossEntropy" ? hits / rows : undefined,
            learningRate: Math.fround(0.2),
          });
          expect(report.seconds).toBeGreaterThan(0);
          expect(report.samplesPerSecond * report.seconds).toBeCloseTo(rows, 6);
        }
      });
    },
  );

  test("fit reports once an epoch, over all its rows", async () => {
    await withTrainer(device, classifier, async (trainer) => {
      const reference = await referenceOf(trainer, classifier);
      const reports = await collect(trainer, 2);
      const expected = reports.map(() => {
        let sum = 0;
        for (let i = 0; i < EPOCH_STEPS; i++) {
          reference.step();
          sum += sumsOf(reference).loss;
        }
        return sum / ROWS;
      });
      expect(reports.map(({ step, epoch, steps, rows }) => [step, epoch, steps, rows])).toEqual([
        [3, 1, 3, ROWS],
        [6, 2, 3, ROWS],
      ]);
      const losses = reports.map(({ loss }) => loss);
      expectClose("losses", losses, expected, (i) => CLOSE * (expected[i] ?? 0));
    });
  });

  test("fit after single steps first ends the epoch that they began", async () => {
    await withTrainer(device, classifier, async (trainer) => {
      await trainer.step();
      const reports = await collect(trainer, 2);
      expect(reports.map(({ step, epoch, rows }) => [step, epoch, rows])).toEqual([
        [3, 1, ROWS - BATCH],
        [6, 2, ROWS],
      ]);
    });
  });

  test("a report over more steps than the ring holds counts them all", async () => {
    const smallest: TrainerOptions = {
      model: sequential([dense(2, "identity", { bias: false })]),
      loss: "softmaxCrossEntropy",
      optimizer: sgd({ learningRate: 0.1 }),
      data: { inputs: [1], targets: [1] },
    };
    const steps = LONG_RING_RECORDS + 3;
    const report = await withTrainer(device, smallest, (trainer) => trainer.step(steps));
    expect(report).toMatchObject({ step: steps, steps, rows: steps, epoch: steps });
    // Losses fall from step to step: had the first three been overwritten, the mean would be smaller.
    const parts = await withTrainer(device, smallest, async (trainer) => [
      await trainer.step(3),
      await trainer.step(steps - 3),
    ]);
    const sum = parts.reduce((total, part) => total + part.loss * part.rows, 0);
    expectClose("loss", [report.loss], [sum / steps], 1e-12);
  });

  test("names an unknown loss before it looks at the data", async () => {
    const loss = "mse" as TrainerOptions["loss"];
    expect(String(await rejection(createTrainer(device, { ...classifier, loss })))).toBe(
      'ModelError: model: loss: got "mse", expected one of halfSquaredError, softmaxCrossEntropy; choose one of these.',
    );
  });

  test.each([0, -1, 1.5, Number.NaN])("refuses to take %s steps or epochs", async (count) => {
    await withTrainer(device, classifier, async (trainer) => {
      const step = await rejection((async () => trainer.step(count))());
      expect(String(step)).toBe(
        `ModelError: step: got steps ${count}, expected a whole number from 1 to 4294967295; set steps to a whole number from 1 to 4294967295.`,
      );
      const fit = await rejection(collect(trainer, count));
      expect(String(fit)).toBe(
        `ModelError: fit: got epochs ${count}, expected a whole number from 1 to 4294967295; set epochs to a whole number from 1 to 4294967295.`,
      );
    });
  });
});

describe("trainer › order of the rows", () => {
  const ordersOf = (options: Parameters<typeof createTrainer>[1]) =>
    withTrainer(device, options, async (trainer) => {
      const epochs: number[][] = [];
      for (let t = 0; t < 2 * EPOCH_STEPS; t++) {
        await trainer.step();
        const order = await trainer.read("order");
        expect(order.shape).toEqual([(t + 1) % EPOCH_STEPS === 0 ? ROWS % BATCH : BATCH]);
        if (t % EPOCH_STEPS === 0) epochs.push([]);
        epochs.at(-1)?.push(...order.data);
      }
      return epochs;
    });
  const stored = Array.from({ length: ROWS }, (_, row) => row);
  const ascending = (rows: readonly number[]) => [...rows].sort((a, b) => a - b);

  test("each epoch sees each row once, in an order of its own", async () => {
    const epochs = await ordersOf(classifier);
    expect(epochs.map(ascending)).toEqual([stored, stored]);
    expect(epochs[0]).not.toEqual(stored);
    expect(epochs[0]).not.toEqual(epochs[1]);
  });

  test("the seed chooses the order", async () => {
    const [first, again, other] = [
      await ordersOf(classifier),
      await ordersOf(classifier),
      await ordersOf({ ...classifier, seed: 8 }),
    ];
    expect(again).toEqual(first);
    expect(other[0]).not.toEqual(first[0]);
  });

  test("without shuffling the rows come as they are stored", async () => {
    expect(await ordersOf({ ...classifier, shuffle: false })).toEqual([stored, stored]);
  });
});

describe("trainer › reproducibility", () => {
  test("the same seed gives the same bits however the steps are grouped", async () => {
    const options = {
      ...classifier,
      optimizer: adam({ learningRate: stepDecay({ learningRate: 0.02, every: 4, factor: 0.5 }), weightDecay: 0.1 }),
    };
    const whole = await parametersAfter(3, (trainer) => trainer.step(30), options);
    const again = await parametersAfter(3, (trainer) => trainer.step(30), options);
    const single = await parametersAfter(
      3,
      async (trainer) => {
        for (let i = 0; i < 30; i++) await trainer.step();
      },
      options,
    );
    const epochs = await parametersAfter(3, (trainer) => collect(trainer, 10), options);
    for (const parameters of [again, single, epochs]) expectSameParameters(parameters, whole);
  });

  test("another seed gives other weights, before and after training", async () => {
    for (const steps of [0, 3]) {
      const train = async (trainer: Trainer) => {
        if (steps > 0) await trainer.step(steps);
      };
      const [first, other] = [await parametersAfter(1, train), await parametersAfter(2, train)];
      expect(other.W1).not.toEqual(first.W1);
      expect(other.W2).not.toEqual(first.W2);
    }
  });

  test("calls of step at the same time run one after the other", async () => {
    await withTrainer(device, classifier, async (trainer) => {
      const reports = await Promise.all([trainer.step(2), trainer.step(3), collect(trainer, 1), trainer.step()]);
      expect(reports.flat().map(({ step, steps }) => [step, steps])).toEqual([
        [2, 2],
        [5, 3],
        [6, 1],
        [7, 1],
      ]);
      expectSameParameters(await trainer.parameters(), await parametersAfter(7, (other) => other.step(7)));
    });
  });
});

describe("trainer › calls from plain JavaScript", () => {
  type Loose = Readonly<Record<string, (...given: readonly unknown[]) => unknown>>;

  test("are refused by name, and leave the trainer as it was", async () => {
    await withTrainer(device, classifier, async (trainer) => {
      const loose = trainer as unknown as Loose;
      const refused = (name: string, ...given: unknown[]) => rejection((async () => loose[name]?.(...given))());
      const iterated = (options?: unknown) => rejection((async () => trainer.fit(options as FitOptions))());
      const before = await trainer.parameters();
      for (const [error, message] of [
        [await iterated(), "fit: got undefined, expected an object of epochs, signal; "],
        [await iterated({ epoch: 3 }), 'fit: got option "epoch", expected epochs, signal; write epochs.'],
        [await iterated({ epochs: "3" }), 'fit: got epochs "3", expected a whole number from 1 to 4294967295; '],
        [await refused("step", "3"), 'step: got steps "3", expected a whole number from 1 to 4294967295; '],
        [
          await refused("evaluate"),
          "evaluate: got undefined, expected an object of inputs, targets, columns, scale, offset; ",
        ],
        [
          await refused("evaluate", { inputs: [1, 2, 3], targets: [0], target: [] }),
          'evaluate: got option "target", expected inputs, targets, columns, scale, offset; write targets.',
        ],
        [
          await iterated({ epochs: 1, signal: {} }),
          "fit: got signal a value of type Object, expected an AbortSignal; give the signal of an AbortController.",
        ],
        [await refused("predict", [1, 2, "3"]), 'predict: inputs: row 1, column 3: got "3", expected a finite number '],
        [await refused("predict"), "predict: inputs: got undefined, expected an array of numbers; "],
        [await refused("setParameters"), "setParameters: got undefined, expected an object of W1, b1, W2, b2; "],
        [
          await refused("setParameters", { W1: null }),
          "setParameters: W1: got undefined values, expected 24 for [8, 3]; ",
        ],
        [await refused("save", { optimiser: false }), 'save: got option "optimiser", expected metadata, optimizer; '],
        [await refused("load"), "model: got undefined, expected the bytes of a file, "],
        [await refused("read"), "train plan: got tensor undefined, expected one of "],
      ] as const) {
        expect(error).toBeInstanceOf(ChainruleError);
        expect(String(error).slice(String(error).indexOf(": ") + 2)).toContain(message);
      }
      expectSameParameters(await trainer.parameters(), before);
      expect(await trainer.step()).toMatchObject({ step: 1 });
    });
  });
});
