import { afterAll, describe, expect, test } from "vitest";
import { openDevice } from "../../src/device/open.ts";
import { DeviceError } from "../../src/errors.ts";
import { adam } from "../../src/model/optimizer.ts";
import { createPredictor } from "../../src/run/predictor.ts";
import { createTrainer } from "../../src/run/trainer.ts";
import type { Predictor, Trainer } from "../../src/run/types.ts";
import { countCalls } from "../helpers/counting.ts";
import { COLUMNS, classes, classifier, EPOCH_STEPS, plans, rejection, withTrainer } from "../helpers/training.ts";

const device = await openDevice();
afterAll(() => device.destroy());
const counter = countCalls(device.gpu);

const decaying = { ...classifier, optimizer: adam({ learningRate: 0.01, weightDecay: 0.1 }) };

describe.each(plans)("trainer › what it asks of the device, %s plan", (_, fuse) => {
  const options = { ...decaying, fuse };

  test("100 steps after the first make nothing, write nothing and map one buffer, for the report", async () => {
    await withTrainer(device, options, async (trainer) => {
      await trainer.step();
      counter.reset();
      await trainer.step(100);
      const { submit = 0, beginComputePass, dispatchWorkgroups, createCommandEncoder, ...others } = counter.counts;
      // All that is left are recorded dispatches, and one submit that copies the ring.
      expect(others).toEqual({ mapAsync: 1 });
      const { steps, closing } = trainer.plan;
      expect(beginComputePass).toBe(submit - 1);
      expect(createCommandEncoder).toBe(submit);
      expect(dispatchWorkgroups).toBe(100 * steps.length + (submit - 1) * closing.length);
    });
  });

  test("a step is one compute pass in one submit", async () => {
    await withTrainer(device, options, async (trainer) => {
      counter.reset();
      await trainer.step();
      expect(counter.counts).toEqual({
        createCommandEncoder: 2,
        beginComputePass: 1,
        dispatchWorkgroups: trainer.plan.steps.length + trainer.plan.closing.length,
        submit: 2,
        mapAsync: 1,
      });
    });
  });

  test("many steps go into one submit once their time is known", async () => {
    await withTrainer(device, options, async (trainer) => {
      counter.reset();
      await trainer.step(500);
      // Submits grow at most twofold, 1, 1, 2, 2, 4, 4, …, while they fit the time that one may take; every one holds a step.
      expect(counter.counts.submit).toBeLessThan(500);
    });
  });

  test("an epoch of fit maps one buffer", async () => {
    await withTrainer(device, options, async (trainer) => {
      const epochs = trainer.fit({ epochs: 4 });
      await epochs.next();
      counter.reset();
      for await (const { steps } of epochs) expect(steps).toBe(EPOCH_STEPS);
      const { mapAsync, createBuffer, createBindGroup, createComputePipelineAsync, writeBuffer } = counter.counts;
      expect([mapAsync, createBuffer, createBindGroup, createComputePipelineAsync, writeBuffer]).toEqual([
        3,
        undefined,
        undefined,
        undefined,
        undefined,
      ]);
    });
  });

  test("a second trainer of the same kernels compiles nothing anew", async () => {
    await withTrainer(device, options, async () => {
      counter.reset();
      await withTrainer(device, { ...options, data: classes(77, 3), seed: 8 }, (trainer) => trainer.step());
      expect(counter.counts.createShaderModule).toBeUndefined();
      expect(counter.counts.createComputePipelineAsync).toBeUndefined();
    });
  });

  test("a wrong option or wrong data costs no GPU work", async () => {
    counter.reset();
    for (const wrong of [
      { ...options, batch: 0 },
      { ...options, batch: 131 },
      { ...options, seed: -1 },
      { ...options, data: { inputs: [1, 2, Number.NaN], targets: [0] } },
      { ...options, data: { inputs: [1, 2, 3], targets: [4] } },
    ]) {
      await rejection(createTrainer(device, wrong));
    }
    expect(counter.counts).toEqual({});
  });
});

describe("trainer › dispose", () => {
  const disposed = (what: string) =>
    `DeviceError: ${what}: got a call after dispose(), expected a ${what} that is in use; make a new ${what}.`;

  test("frees every buffer, whatever was asked of the trainer", async () => {
    const trainer = await createTrainer(device, decaying);
    await trainer.step(2);
    await use(trainer);
    await trainer.read("W1");
    await trainer.save();
    await trainer.parameters();
    expect(counter.alive().length).toBeGreaterThan(20);
    trainer.dispose();
    expect(counter.alive()).toEqual([]);
  });

  test("frees every buffer of a predictor", async () => {
    const { model, loss } = classifier;
    const parameters = await withTrainer(device, classifier, (trainer) => trainer.parameters());
    const predictor = await createPredictor(device, { model, loss, inputs: COLUMNS, parameters });
    await use(predictor);
    expect(counter.alive().length).toBeGreaterThan(5);
    predictor.dispose();
    expect(counter.alive()).toEqual([]);
  });

  test("frees every buffer after calls of evaluate at the same time", async () => {
    const trainer = await createTrainer(device, classifier);
    await Promise.all([3, 1500, 5].map((rows) => trainer.evaluate(classes(rows))));
    trainer.dispose();
    expect(counter.alive()).toEqual([]);
  });

  const settle = async () => {
    // What waits for the device ends before an empty submit does.
    for (let i = 0; i < 10; i++) await device.gpu.queue.onSubmittedWorkDone();
  };

  test("frees every buffer though what evaluates is being loaded", async () => {
    const trainer = await createTrainer(device, classifier);
    const evaluation = trainer.evaluate(classes(5));
    trainer.dispose();
    expect(String(await rejection(evaluation))).toBe(disposed("trainer"));
    await settle();
    expect(counter.alive()).toEqual([]);
  });

  test("frees every buffer though an evaluation is being compiled", async () => {
    const { model, loss } = classifier;
    const parameters = await withTrainer(device, classifier, (trainer) => trainer.parameters());
    const predictor = await createPredictor(device, { model, loss, inputs: COLUMNS, parameters });
    const before = counter.alive().length;
    const evaluation = predictor.evaluate(classes(5));
    await Promise.resolve();
    expect(counter.alive().length).toBeGreaterThan(before);
    predictor.dispose();
    expect(String(await rejection(evaluation))).toBe(disposed("predictor"));
    await settle();
    expect(counter.alive()).toEqual([]);
  });

  test("rejects what waits and all later calls", async () => {
    const trainer = await createTrainer(device, classifier);
    const waiting = [trainer.step(1000), trainer.step(), trainer.read("W1"), trainer.evaluate(classes(5))];
    trainer.dispose();
    const later = [
      trainer.step(),
      trainer.fit({ epochs: 1 }).next(),
      trainer.read("W1"),
      trainer.parameters(),
      trainer.save(),
      trainer.evaluate(classes(5)),
      trainer.predict([1, 2, 3]),
    ];
    // All at once: one that is awaited after the others would count as unhandled until then.
    const errors = await Promise.all([...waiting, ...later].map(rejection));
    expect(errors.map(String)).toEqual(errors.map(() => disposed("trainer")));
    expect(() => trainer.setParameters({ b2: [0, 0, 0, 0] })).toThrow(DeviceError);
    trainer.dispose();
  });

  test("leaves other trainers of the device alone", async () => {
    await withTrainer(device, classifier, async (trainer: Trainer) => {
      await withTrainer(device, classifier, (other) => other.step(3));
      expect(await trainer.step(3)).toMatchObject({ step: 3 });
    });
  });

  /** Both programs, and both again for more rows. */
  async function use(predictor: Predictor) {
    for (const rows of [5, 1500]) {
      await predictor.evaluate(classes(rows));
      await predictor.predict(classes(rows).inputs);
    }
  }
});
