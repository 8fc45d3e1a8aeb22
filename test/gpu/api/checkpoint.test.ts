import { afterAll, describe, expect, test } from "vitest";
import { createReferenceTrainer } from "../../../src/cpu/trainer.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../src/data/safetensors.ts";
import { openDevice } from "../../../src/device/open.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import { adam, type Optimizer, sgd } from "../../../src/model/optimizer.ts";
import { cosine, stepDecay } from "../../../src/model/schedule.ts";
import { loadModel } from "../../../src/run/checkpoint.ts";
import { createPredictor } from "../../../src/run/predictor.ts";
import { sweep } from "../../../src/run/sweep.ts";
import { createTrainer } from "../../../src/run/trainer.ts";
import type { SaveOptions, Trainer } from "../../../src/run/types.ts";
import { expectClose, UNIT_ROUNDOFF } from "../../helpers/compare.ts";
import { classes, classifier, expectSameParameters, plans, rejection, withTrainer } from "../../helpers/training.ts";

const device = await openDevice();
afterAll(() => device.destroy());

const optimizers: Readonly<Record<string, Optimizer>> = {
  sgd: sgd({ learningRate: 0.2, weightDecay: 0.1 }),
  momentum: sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 0.1 }),
  "adam, stairs": adam({ learningRate: stepDecay({ learningRate: 0.02, every: 2, factor: 0.7 }), weightDecay: 0.1 }),
  "adam, warm-up and cosine": adam({ learningRate: cosine({ learningRate: 0.02, steps: 15, warmup: 3 }) }),
};

const stepped = async <T extends Pick<Trainer, "step">>(trainer: T, steps: number): Promise<T> => {
  await trainer.step(steps);
  return trainer;
};

describe("save and load", () => {
  test.each(Object.entries(optimizers))(
    "a training goes on bit for bit as if it had not been cut (%s)",
    async (_, optimizer) => {
      const options = { ...classifier, optimizer };
      // Steps 4 and 7 lie within an epoch of three steps, and between two changes of the learning rate.
      for (const cut of [4, 7]) {
        const [whole, first, second] = await Promise.all([0, 1, 2].map(() => createTrainer(device, options)));
        if (!whole || !first || !second) throw new Error("three trainers");
        await whole.step(cut);
        const expected = await whole.step(7);
        await first.step(cut);
        await second.load(await first.save());
        const got = await second.step(7);
        const { seconds: _a, samplesPerSecond: _b, ...report } = expected;
        expect(got).toMatchObject(report);
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
      const options = { ...classifier, fuse, optimizer: adam({ learningRate: 0.02, beta1: 0.8, beta2: 0.99 }) };
      for (const make of [async () => createReferenceTrainer(options), () => createTrainer(device, options)]) {
        const [halted, whole] = [await make(), await make()];
        const before = loadModel(await (await stepped(whole, 4)).save());
        const good = await (await stepped(halted, 4)).parameters();
        // A row of class 1 has a loss of 6·10³⁸.
        halted.setParameters({ b2: Float32Array.of(3e38, -3e38, 0, 0) });
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
    const variants = [{ optimizer: classifier.optimizer }];
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
    all.dispose();
  });

  test("a file without optimizer state gives parameters and leaves the steps as they are", async () => {
    const options = { ...classifier, optimizer: optimizers.momentum ?? classifier.optimizer };
    await withTrainer(device, options, async (trainer) => {
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
    const bytes = await withTrainer(device, { ...classifier, model: sequential(layers) }, (trainer) => trainer.save());
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

  test("a file with more optimizer state than this optimizer keeps is refused", async () => {
    const momentum = { ...classifier, optimizer: sgd({ learningRate: 0.1, momentum: 0.5 }) };
    const bytes = await withTrainer(device, momentum, (trainer) => trainer.save());
    await withTrainer(device, classifier, async (trainer) => {
      expect(String(await rejection(trainer.load(bytes)))).toBe(
        "DataError: load: got optimizer state state_W1 of 24 numbers, state_b1 of 8 numbers, state_W2 of 32 numbers, " +
          "state_b2 of 4 numbers, expected none, as this optimizer keeps none; " +
          "make the trainer with the optimizer that the file was saved with, or save with { optimizer: false }.",
      );
    });
  });

  test("a file of another optimizer is refused, and nothing is written", async () => {
    const bytes = await withTrainer(device, classifier, (trainer) => trainer.save());
    await withTrainer(device, { ...classifier, optimizer: adam({ learningRate: 0.01 }) }, async (trainer) => {
      await trainer.step();
      const before = await trainer.parameters();
      expect(String(await rejection(trainer.load(bytes)))).toBe(
        "DataError: load: got a file without optimizer state, " +
          "expected state_W1 [8, 3, 2], state_b1 [8, 2], state_W2 [4, 8, 2], state_b2 [4, 2]; " +
          "make the trainer with the optimizer that the file was saved with, or save with { optimizer: false }.",
      );
      expectSameParameters(await trainer.parameters(), before);
    });
  });

  test.each([
    ["momentum", "adam, stairs"],
    ["adam, stairs", "momentum"],
  ])("a file with the state of %s is refused by %s, and nothing is written", async (saved, own) => {
    const using = (name: string) => ({ ...classifier, optimizer: optimizers[name] ?? classifier.optimizer });
    const bytes = await withTrainer(device, using(saved), (trainer) => trainer.save());
    await withTrainer(device, using(own), async (trainer) => {
      const before = await trainer.parameters();
      expect(String(await rejection(trainer.load(bytes)))).toMatch(/^(DataError|ShapeError): load: /);
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
      const options = { ...classifier, optimizer: optimizers[name] ?? classifier.optimizer };
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
    const options = { ...classifier, optimizer: optimizers["adam, stairs"] ?? classifier.optimizer };
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

  test("a trainer on other rows takes up the parameters", async () => {
    const bytes = await withTrainer(device, classifier, async (trainer) => {
      await trainer.step(4);
      return trainer.save();
    });
    await withTrainer(device, { ...classifier, data: classes(64, 5), batch: 64 }, async (trainer) => {
      await trainer.load(bytes);
      expectSameParameters(await trainer.parameters(), loadModel(bytes).parameters);
      expect(await trainer.step()).toMatchObject({ step: 5, rows: 64 });
    });
  });
});
