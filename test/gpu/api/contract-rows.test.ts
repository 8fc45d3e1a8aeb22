import { describe, expect, test } from "vitest";
import { createReferenceTrainer } from "../../../src/cpu/trainer.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import { sweep } from "../../../src/run/sweep.ts";
import { createTrainer } from "../../../src/run/trainer.ts";
import type { Dataset, TrainerOptions } from "../../../src/run/types.ts";
import { usePosingDevice } from "../../helpers/device.ts";
import { random } from "../../helpers/gpu.ts";
import { COLUMNS, classes, classifier, estimator } from "../../helpers/training.ts";
import { type Either, refusal, trainersOn, using } from "../../helpers/trainings.ts";

/** Rows in forms that people give them in, and what each of the calls that take rows says of them. */

const device = await usePosingDevice();

const creators: Readonly<Record<string, (options: TrainerOptions) => unknown>> = {
  createTrainer: (options) => createTrainer(device, options),
  createReferenceTrainer: (options) => createReferenceTrainer(options),
  sweep: ({ model, loss, data, optimizer }) => sweep(device, { model, loss, data, variants: [{ optimizer }] }),
};

/** What whoever makes a training says of data, which is the same but for the name. */
async function refused(options: Omit<TrainerOptions, "data" | "optimizer" | "batch">, data: Dataset): Promise<string> {
  const { batch: _, optimizer, ...others } = { ...classifier, ...options };
  const texts = await Promise.all(
    Object.entries(creators).map(async ([name, create]) => {
      const text = await refusal(() => create({ ...others, optimizer, data }));
      expect(text).toContain(` ${name}: data`);
      return text.replaceAll(name, "create");
    }),
  );
  expect(new Set(texts).size, texts.join("\n")).toBe(1);
  return texts[0] as string;
}

const { loss } = classifier;

/** A network of two or three classes, whose first layer states its inputs or does not. */
const classes2 = { model: sequential([dense(8, "tanh"), dense(2)]), loss };
const stated2 = { model: sequential([dense(8, "tanh", { inputs: 2 }), dense(2)]), loss };
const classes3 = { model: sequential([dense(8, "tanh"), dense(3)]), loss };

const oneHot = (rows: number, outputs: number) =>
  Array.from({ length: rows * outputs }, (_, i) => Number(Math.floor(i / outputs) % outputs === i % outputs));

describe("one-hot targets", () => {
  test("are refused where the columns are stated, by the first layer or with the data", async () => {
    const data = { inputs: random(800, 1), targets: oneHot(400, 2) };
    const message =
      "ShapeError: create: data: targets: got 800 targets for 400 rows of 2, expected 400, one a row; " +
      "give one class number a row, from 0.";
    expect(await refused(stated2, data)).toBe(message);
    expect(await refused(classes2, { ...data, columns: 2 })).toBe(message);
  });

  test.each([1, 2, 3, 4, 6])("of three classes are seen in rows of %i columns that nothing states", async (columns) => {
    expect(await refused(classes3, { inputs: random(30 * columns, 1), targets: oneHot(30, 3) })).toBe(
      "DataError: create: data: targets: got 90 targets, one-hot in rows of 3, expected one class number a row; " +
        "give one class number a row, from 0, or state the data's columns.",
    );
  });

  test("that are class numbers by chance are taken where the columns are stated", async () => {
    const data = { inputs: random(6 * COLUMNS, 1), targets: [0, 1, 0, 1, 0, 0], columns: COLUMNS };
    await createReferenceTrainer({ ...classifier, ...classes3, data, batch: 3 }).step();
  });
});

describe("the columns of a data set", () => {
  test("are what is stated, not what a wrong count makes of it", async () => {
    const data = { inputs: random(12, 1), targets: [0, 1, 0] };
    expect(await refused(classes2, { ...data, columns: 3 })).toBe(
      "ShapeError: create: data: targets: got 3 targets for 4 rows of 3, expected 4, one a row; " +
        "give inputs and targets of the same rows.",
    );
    expect(await refused(classes2, { ...data, columns: 5 })).toBe(
      "ShapeError: create: data: inputs: got 12 numbers, expected at least one row, " +
        "each of the 5 columns that the network takes; give whole rows.",
    );
    for (const columns of [0, 1.5, -2]) {
      expect(await refused(classes2, { ...data, columns })).toMatch(/^ModelError: create: data: got columns /);
    }
  });
});

describe("times in milliseconds, which float32 does not tell apart", () => {
  const BEGIN = 1.6e12;
  const times = Array.from({ length: 60 }, (_, i) => BEGIN + 5 * i);
  const labels = times.map((_, i) => i % 2);
  const message = (of: string, column: number) =>
    `DataError: create: data: ${of}: column ${column}: got 60 different numbers that become one in float32, ` +
    "expected numbers that float32 tells apart; subtract 1600000000000 from them first.";

  test("are refused as inputs", async () => {
    expect(await refused(classes2, { inputs: times, targets: labels })).toBe(message("inputs", 1));
    const inputs = times.flatMap((time, i) => [i, time]);
    expect(await refused(classes2, { inputs, targets: labels })).toBe(message("inputs", 2));
    expect(await refused(classes2, { inputs: Float64Array.from(inputs), targets: labels })).toBe(message("inputs", 2));
  });

  test("are refused as targets", async () => {
    const model = sequential([dense(8, "tanh"), dense(1)]);
    const data = { inputs: random(60, 1), targets: times };
    expect(await refused({ model, loss: "halfSquaredError" }, data)).toBe(message("targets", 1));
    const two = { inputs: random(60, 1), targets: times.flatMap((time, i) => [i, time]) };
    expect(await refused({ ...classes2, loss: "halfSquaredError" }, two)).toBe(message("targets", 2));
  });

  test("are taken where they differ enough, where they are equal, and once the first is subtracted", async () => {
    for (const inputs of [
      times.map((time) => time - BEGIN),
      times.map(() => BEGIN),
      times.map((_, i) => BEGIN + 1e6 * i),
    ]) {
      createReferenceTrainer({ ...classifier, ...classes2, data: { inputs, targets: labels } });
    }
  });
});

describe("lists of lists", () => {
  const xor = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ];
  const flat =
    /: got a list of lists, expected an array of numbers; give them row after row in one list, such as rows\.flat\(\)\.$/;
  const nested = xor as unknown as number[];

  test("as inputs of a data set are refused with what to write, whatever is stated", async () => {
    for (const [options, data] of [
      [classes2, { inputs: nested, targets: [0, 1, 1, 0] }],
      [stated2, { inputs: nested, targets: [0, 1, 1, 0] }],
      [classes2, { inputs: nested, targets: [0, 1, 1, 0], columns: 2 }],
      [classes2, { inputs: nested.slice(0, 3), targets: [0, 1] }],
      [classes2, { inputs: xor.flat(), targets: nested }],
      [
        { ...classes2, loss: "halfSquaredError" },
        { inputs: xor.flat(), targets: nested },
      ],
    ] as const) {
      expect(await refused(options, data)).toMatch(flat);
    }
  });

  test.each(trainersOn(device))("to a trainer %s are refused with what to write", async (_, make) => {
    const rows = [
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ] as unknown as number[];
    await using<Either, void>(make, classifier, async (trainer) => {
      for (const inputs of [rows, rows.slice(0, 1), rows.slice(0, 2)]) {
        for (const call of [
          () => trainer.predict(inputs),
          () => trainer.probe(inputs),
          () => trainer.evaluate({ inputs, targets: [0, 1, 2].slice(0, inputs.length) }),
          () => trainer.setData({ inputs, targets: [0, 1, 2].slice(0, inputs.length) }),
        ]) {
          expect([String(call), await refusal(call)]).toEqual([String(call), expect.stringMatching(flat)]);
        }
      }
    });
  });
});

describe.each(trainersOn(device))("a trainer %s", (_, make) => {
  test("says how to call evaluate that is given inputs and targets as two lists", async () => {
    await using<Either, void>(make, classifier, async (trainer) => {
      const { inputs, targets } = classes(5);
      const evaluate = trainer.evaluate as unknown as (...given: unknown[]) => Promise<unknown>;
      const setData = trainer.setData as unknown as (...given: unknown[]) => Promise<unknown>;
      for (const [name, call] of Object.entries({ evaluate, setData })) {
        for (const list of [inputs, Array.from(inputs)]) {
          expect(await refusal(() => call(list, targets))).toBe(
            `ModelError: ${name}: got a list of numbers, expected { inputs, targets }; give both in one object.`,
          );
        }
      }
    });
  });

  test("says of one-hot targets what whoever makes one says, and takes rows that are alike", async () => {
    const hot = { inputs: random(30 * COLUMNS, 1), targets: oneHot(30, 4) };
    await using<Either, void>(make, classifier, async (trainer) => {
      for (const [name, call] of Object.entries({
        evaluate: () => trainer.evaluate(hot),
        setData: () => trainer.setData(hot),
      })) {
        expect(await refusal(call)).toBe(
          `ShapeError: ${name}: targets: got 120 targets for 30 rows of 3, expected 30, one a row; ` +
            "give one class number a row, from 0.",
        );
      }
    });
    await using<Either, void>(make, estimator, async (trainer) => {
      const targets = Array.from({ length: 20 }, (_, i) => (i % 4 === 1 ? 1.6e12 + i : i));
      // A few rows of a training under way may be alike for good: only what a network is made to learn from is looked at.
      await trainer.setData({ inputs: random(5 * COLUMNS, 1), targets });
    });
  });
});
