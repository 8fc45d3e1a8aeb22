import { afterAll, describe, expect, test } from "vitest";
import { createReferenceTrainer } from "../../../src/cpu/trainer.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import { createPredictor } from "../../../src/run/predictor.ts";
import { createTrainer } from "../../../src/run/trainer.ts";
import type { Dataset, Evaluation, Prediction, Trainer, TrainerOptions } from "../../../src/run/types.ts";
import { expectClose, largestMagnitude } from "../../helpers/compare.ts";
import { usePosingDevice } from "../../helpers/device.ts";
import { random } from "../../helpers/gpu.ts";
import { expectEvaluation, judge, rowsFor } from "../../helpers/judge.ts";
import { CLASSES, CLOSE, COLUMNS, classifier, estimator, rejection, withTrainer } from "../../helpers/training.ts";

const device = await usePosingDevice();

/** A small network a loss, trained a little and disposed of at the end. */
const trainers = {
  classifier: await createTrainer(device, classifier),
  estimator: await createTrainer(device, estimator),
};
for (const trainer of Object.values(trainers)) await trainer.step(5);

afterAll(() => {
  for (const trainer of Object.values(trainers)) trainer.dispose();
});

type Kind = keyof typeof trainers;
const kinds: readonly Kind[] = ["classifier", "estimator"];
const optionsOf = { classifier, estimator } as const;

const dataOf = (kind: Kind, rows: number): Dataset => rowsFor(optionsOf[kind], rows);

describe.each(kinds)("evaluate, %s", (kind) => {
  const [trainer, options] = [trainers[kind], optionsOf[kind]];

  test.each([1, 9, 1024, 1025, 2500, 2, 3, 5])(
    "equals the reference over %i rows, whole chunks and partial ones",
    async (rows) => {
      const data = dataOf(kind, rows);
      const expected = judge(options, await trainer.parameters(), data);
      expectEvaluation(await trainer.evaluate(data), options, expected);
    },
  );

  test("takes more chunks than are read together", async () => {
    const data = dataOf(kind, 17 * 1024 + 3);
    const expected = judge(options, await trainer.parameters(), data);
    expectEvaluation(await trainer.evaluate(data), options, expected);
  });

  test("calls at the same time, of whatever sizes, each judge their own rows", async () => {
    const { model, loss } = options;
    const parameters = await trainer.parameters();
    const predictor = await createPredictor(device, { model, loss, inputs: COLUMNS, parameters });
    const sizes = [9, 2500, 1, 1100];
    const one = sizes.map((rows) => dataOf(kind, rows));
    const got = await Promise.all(one.map((data) => predictor.evaluate(data)));
    const expected: Evaluation[] = [];
    for (const data of one) expected.push(await trainer.evaluate(data));
    expect(got.map(({ rows }) => rows)).toEqual(sizes);
    // Chunks of another size are summed in another order.
    got.forEach(({ loss: mean }, i) => {
      expectClose(`loss ${i}`, [mean], [expected[i]?.loss ?? 0], CLOSE * (expected[i]?.loss ?? 0));
    });
    predictor.dispose();
  });

  test("of evaluate and predict at the same time give what each gives alone", async () => {
    const [small, large] = [dataOf(kind, 9), dataOf(kind, 1500)];
    const alone = [await trainer.evaluate(small), await trainer.predict(large.inputs), await trainer.evaluate(large)];
    const calls = [trainer.evaluate(small), trainer.predict(large.inputs), trainer.evaluate(large)];
    expect(await Promise.all(calls)).toEqual(alone);
  });

  test("changes neither parameters nor the training that goes on", async () => {
    const before = await trainer.parameters();
    const { step } = await trainer.step();
    const after = await trainer.parameters();
    await trainer.evaluate(dataOf(kind, 7));
    expect(await trainer.parameters()).toEqual(after);
    expect(after).not.toEqual(before);
    expect(await trainer.step()).toMatchObject({ step: step + 1 });
  });

  test("refuses rows of another width, and no rows", async () => {
    const { targets } = dataOf(kind, 6);
    const wide = await rejection(trainer.evaluate({ inputs: random(24, 1), targets }));
    expect(String(wide)).toMatch(/^ShapeError: evaluate: targets: got \d+ targets for 8 rows of 3, expected /);
    const stated = await rejection(trainer.evaluate({ inputs: random(24, 1), targets, columns: 4 }));
    expect(String(stated)).toBe(
      "ShapeError: evaluate: inputs: got 4 columns, expected 3, as the network takes; " +
        "give the columns that the network was made for.",
    );
    const none = await rejection(trainer.evaluate({ inputs: [], targets: [] }));
    expect(String(none)).toBe("DataError: evaluate: got no rows, expected at least one row; give the rows to work on.");
  });
});

describe.each(kinds)("predict, %s", (kind) => {
  const [trainer, options] = [trainers[kind], optionsOf[kind]];

  test.each([1, 9, 1024, 1025, 2500, 2, 3, 5])("gives the reference's outputs for %i rows", async (rows) => {
    const data = dataOf(kind, rows);
    const { outputs } = judge(options, await trainer.parameters(), data);
    const got = await trainer.predict(data.inputs);
    expect(got.rows).toBe(rows);
    expectClose("outputs", got.outputs, outputs, CLOSE * largestMagnitude(outputs));
  });

  test("calls at the same time, of whatever sizes, each get their own rows", async () => {
    const all = random(2000 * COLUMNS, 3);
    const { outputs } = await trainer.predict(all);
    const columns = outputs.length / 2000;
    const parts = [
      [7, 20],
      [0, 2000],
      [100, 1500],
      [1999, 2000],
    ] as const;
    const { model, loss } = options;
    const predictor = await createPredictor(device, {
      model,
      loss,
      inputs: COLUMNS,
      parameters: await trainer.parameters(),
    });
    const call = ([first, end]: readonly [number, number]) =>
      predictor.predict(all.slice(first * COLUMNS, end * COLUMNS));
    // First while the program is being compiled, then with one that is ready for all of them.
    for (const state of ["compiling", "ready"]) {
      const got = await Promise.all(parts.map(call));
      parts.forEach(([first, end], index) => {
        const expected = outputs.slice(first * columns, end * columns);
        expect([state, index, got[index]?.outputs]).toEqual([state, index, expected]);
      });
      await call([0, 2000]);
    }
    predictor.dispose();
  });

  test("refuses what is no whole number of rows, and values that are not finite", async () => {
    for (const length of [0, 4]) {
      expect(String(await rejection(trainer.predict(random(length, 1))))).toBe(
        `ShapeError: predict: inputs: got ${length} numbers, expected at least one row, ` +
          "each of the 3 columns that the network takes; give whole rows.",
      );
    }
    expect(String(await rejection(trainer.predict([0, 0, 0, 0, Number.NaN, 0])))).toBe(
      "DataError: predict: inputs: row 2, column 2: got NaN, expected a finite number that float32 can hold; mend or leave out the row.",
    );
  });
});

describe("predict", () => {
  test("of a classifier gives softmax and the first largest output of each row", async () => {
    const { outputs, probabilities, classes: best, rows } = await trainers.classifier.predict(random(300, 4));
    expect(rows).toBe(100);
    for (let i = 0; i < rows; i++) {
      const o = [...outputs.slice(i * CLASSES, (i + 1) * CLASSES)];
      const total = o.reduce((sum, value) => sum + Math.exp(value), 0);
      const p = [...(probabilities?.slice(i * CLASSES, (i + 1) * CLASSES) ?? [])];
      // Computed in double precision and rounded once.
      expectClose(
        "softmax",
        p,
        o.map((value) => Math.exp(value) / total),
        2 ** -24,
      );
      expectClose("sum", [p.reduce((sum, value) => sum + value, 0)], [1], CLASSES * 2 ** -24);
      expect(best?.[i]).toBe(o.indexOf(Math.max(...o)));
    }
    expect(new Set(best).size).toBeGreaterThan(1);
  });

  test("of an estimator gives outputs alone", async () => {
    const { probabilities, classes: best } = await trainers.estimator.predict(random(6, 4));
    expect([probabilities, best]).toEqual([undefined, undefined]);
  });
});

describe("outputs that are no numbers", () => {
  const model = sequential([dense(8), dense(CLASSES)]);
  const overflowing = async (trainer: Pick<Trainer, "setParameters" | "evaluate" | "predict">) => {
    const signs = Float32Array.from({ length: 8 * CLASSES }, (_, i) => (-1) ** i);
    await trainer.setParameters({ W1: new Float32Array(8 * COLUMNS).fill(3e38), W2: signs });
    const rows = new Float32Array(9 * COLUMNS).fill(9, COLUMNS);
    const found = [
      await rejection(trainer.predict(rows)),
      await rejection(trainer.evaluate({ inputs: rows, targets: new Uint32Array(9) })),
    ];
    return found.map(String);
  };

  test("are refused, on the GPU as by the reference", async () => {
    const options: TrainerOptions = { ...classifier, model };
    await withTrainer(device, options, async (trainer) => {
      const found = await overflowing(trainer);
      expect(found[0]).toMatch(/^NumericError: predict: o: got (NaN|-?Infinity) for row 2, expected a finite number; /);
      expect(found[1]).toMatch(/^NumericError: evaluate: L: got L = (NaN|Infinity), expected a finite number; /);
      for (const error of await overflowing(createReferenceTrainer(options))) expect(error).toMatch(/^NumericError: /);
    });
  });
});

describe("a trainer's evaluate and predict", () => {
  test("wait for steps that were asked for before, so that all rows meet the same parameters", async () => {
    const data = dataOf("classifier", 3000);
    await withTrainer(device, classifier, async (trainer) => {
      const before = await trainer.evaluate(data);
      const [, judged, predicted, ,] = await Promise.all([
        trainer.step(30),
        trainer.evaluate(data),
        trainer.predict(data.inputs),
        trainer.step(30),
      ]);
      await withTrainer(device, classifier, async (other) => {
        await other.step(30);
        expect(judged).toEqual(await other.evaluate(data));
        expect(judged).not.toEqual(before);
        expect(predicted).toEqual(await other.predict(data.inputs));
      });
    });
  });
});

describe("createPredictor", () => {
  test.each(kinds)("gives the outputs and losses that the trainer gives, bit for bit (%s)", async (kind) => {
    const trainer = trainers[kind];
    const { model, loss } = optionsOf[kind];
    const parameters = await trainer.parameters();
    const predictor = await createPredictor(device, { model, loss, inputs: COLUMNS, parameters });
    const data = dataOf(kind, 1100);
    const expected: Prediction = await trainer.predict(data.inputs);
    expect(await predictor.predict(data.inputs)).toEqual(expected);
    expect(await predictor.evaluate(data)).toEqual(await trainer.evaluate(data));
    predictor.dispose();
    expect(String(await rejection(predictor.predict(data.inputs)))).toBe(
      "DeviceError: predictor: got a call after dispose(), expected a predictor that is in use; make a new predictor.",
    );
  });

  test("refuses parameters that are missing or of another size", async () => {
    const { model, loss } = classifier;
    const { b2: _, ...others } = await trainers.classifier.parameters();
    const missing = await rejection(createPredictor(device, { model, loss, inputs: COLUMNS, parameters: others }));
    expect(String(missing)).toBe(
      "ShapeError: createPredictor: b2: got 0 values, expected 4 for [4]; give the values row-major, one for each element.",
    );
  });

  test("refuses parameters that are not finite", async () => {
    const { model, loss } = classifier;
    const parameters = { ...(await trainers.classifier.parameters()), b2: [0, 1e39, 0, 0] };
    const infinite = await rejection(createPredictor(device, { model, loss, inputs: COLUMNS, parameters }));
    expect(String(infinite)).toBe(
      "DataError: createPredictor: b2: element 2: got 1e+39, expected a finite number that float32 can hold; " +
        "give finite values.",
    );
  });
});
