import { describe, expect, test } from "vitest";
import { createReferenceTrainer } from "../../../src/cpu/trainer.ts";
import { NumericError } from "../../../src/errors.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import { adam, sgd } from "../../../src/model/optimizer.ts";
import type { TrainerOptions } from "../../../src/run/types.ts";
import { expectAgreement, expectExchange } from "../../helpers/agreement.ts";
import { expectClose, largestMagnitude } from "../../helpers/compare.ts";
import { usePosingDevice } from "../../helpers/device.ts";
import {
  BATCH,
  CLOSE,
  COLUMNS,
  classes,
  classifier,
  EPOCH_STEPS,
  estimator,
  expectSameParameters,
  ROWS,
  rejection,
} from "../../helpers/training.ts";

const device = await usePosingDevice();

const momentum = { ...classifier, optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) };
const runs: Readonly<Record<string, TrainerOptions>> = {
  classifier,
  estimator,
  textbook: { ...classifier, fuse: false },
  momentum,
};

describe.each(Object.entries(runs))("createReferenceTrainer, %s", (_, options) => {
  test("reports, evaluates, predicts and reads what the GPU does", () => expectAgreement(device, options));

  test("goes on exactly from its own file", async () => {
    const [one, other] = [createReferenceTrainer(options), createReferenceTrainer(options)];
    await one.step(EPOCH_STEPS + 1);
    const file = await one.save();
    await one.step(5);
    await other.load(file);
    expect((await other.step(5)).step).toBe(EPOCH_STEPS + 6);
    expectSameParameters(await other.parameters(), await one.parameters());
  });

  test("takes up the GPU's file, and the GPU its", () => expectExchange(device, options));
});

describe("createReferenceTrainer", () => {
  test("keeps the parameters of before a step whose objective only float32 cannot hold", async () => {
    const trainer = createReferenceTrainer({
      model: sequential([dense(1)]),
      loss: "halfSquaredError",
      optimizer: sgd({ learningRate: 100 }),
      data: { inputs: [1, 2, 3, 4], targets: [1, 2, 3, 5] },
      batch: 4,
    });
    let before = await trainer.parameters();
    const step = async () => {
      before = await trainer.parameters();
      await trainer.step();
    };
    const diverge = async () => {
      for (let i = 0; i < 50; i++) await step();
    };
    expect(await rejection(diverge())).toBeInstanceOf(NumericError);
    expect(await trainer.parameters()).toEqual(before);
  });

  test("takes bytes, though their number is no multiple of 4, as the numbers that they are", async () => {
    const bytes = Uint8Array.from({ length: 7 * COLUMNS }, (_, i) => (5 * i) % 256);
    expect(bytes.length % 4).not.toBe(0);
    const targets = Array.from({ length: 7 }, (_, i) => i % 4);
    const results = [bytes, Float32Array.from(bytes)].map(async (inputs) => {
      const trainer = createReferenceTrainer({ ...classifier, batch: 5, data: { inputs, targets } });
      await trainer.step(3);
      const probe = await trainer.probe(inputs, inputs === bytes ? { scale: 1, offset: 0 } : {});
      probe.run();
      const { loss } = await trainer.evaluate({ inputs, targets });
      const { outputs } = await trainer.predict(inputs);
      return { parameters: await trainer.parameters(), loss, outputs, probed: probe.values("o") };
    });
    const [packed, numbers] = await Promise.all(results);
    expect(packed).toEqual(numbers);
  });

  test("probes the outputs of every layer with the parameters as training leaves them", async () => {
    const cpu = createReferenceTrainer(classifier);
    const probe = await cpu.probe(classes(40).inputs);
    for (const steps of [1, 3]) {
      await cpu.step(steps);
      probe.run();
      const [{ W2 = [], b2 = [] }, h1] = [await cpu.parameters(), probe.values("h1")];
      const o = Array.from({ length: 160 }, (_, i) =>
        Array.from({ length: 8 }, (_, k) => (h1[8 * Math.floor(i / 4) + k] ?? 0) * (W2[8 * (i % 4) + k] ?? 0)).reduce(
          (sum, product) => sum + product,
          b2[i % 4] ?? 0,
        ),
      );
      expectClose("o", probe.values("o"), o, CLOSE * largestMagnitude(o));
      expect(probe.values("o")).toEqual((await cpu.predict(classes(40).inputs)).outputs);
    }
    expect(String(await rejection(cpu.probe([1])))).toContain("ShapeError: probe: inputs: got 1 numbers");
  });

  test("fits epoch by epoch, and ends early when asked", async () => {
    const cpu = createReferenceTrainer(classifier);
    await cpu.step();
    const reports = [];
    for await (const { step, epoch, steps, rows } of cpu.fit({ epochs: 2 })) reports.push([step, epoch, steps, rows]);
    expect(reports).toEqual([
      [EPOCH_STEPS, 1, EPOCH_STEPS - 1, ROWS - BATCH],
      [2 * EPOCH_STEPS, 2, EPOCH_STEPS, ROWS],
    ]);
    const stop = new AbortController();
    stop.abort();
    for await (const report of cpu.fit({ epochs: 2, signal: stop.signal })) expect.unreachable(String(report.step));
  });

  test("halts at the first objective that is not finite, and goes on from parameters that are set", async () => {
    const cpu = createReferenceTrainer({ ...classifier, optimizer: sgd({ learningRate: 1e38 }) });
    const error = await rejection(cpu.step(10));
    expect(error).toBeInstanceOf(NumericError);
    const { step } = error as NumericError;
    expect(await rejection(cpu.step())).toMatchObject({ step });
    const parameters = await createReferenceTrainer(classifier).parameters();
    await cpu.setParameters(parameters);
    expect((await cpu.step()).step).toBe(step);
  });

  test("refuses what the trainer refuses", async () => {
    expect(() => createReferenceTrainer({ ...classifier, seed: -1 })).toThrow("createReferenceTrainer: got seed -1");
    expect(() => createReferenceTrainer({ ...classifier, batch: 0 })).toThrow("got batch 0");
    const cpu = createReferenceTrainer(classifier);
    expect(String(await rejection(cpu.step(0)))).toContain("step: got steps 0");
    await expect(cpu.setParameters({ W9: [] })).rejects.toThrow('setParameters: got parameter "W9"');
    const adamFile = await createReferenceTrainer({ ...classifier, optimizer: adam({ learningRate: 0.1 }) }).save();
    expect(String(await rejection(cpu.load(adamFile)))).toContain(
      "DataError: load: got a training by adam, expected one by sgd",
    );
  });
});
