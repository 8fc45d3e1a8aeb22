import { afterAll, beforeEach, expect, test } from "vitest";
import { createReferenceTrainer } from "../../src/cpu/trainer.ts";
import { DeviceError } from "../../src/errors.ts";
import { adam } from "../../src/model/optimizer.ts";
import { createPredictor } from "../../src/run/predictor.ts";
import { createTrainer } from "../../src/run/trainer.ts";
import type { Predictor } from "../../src/run/types.ts";
import { countCalls } from "../helpers/counting.ts";
import { openNullDevice } from "../helpers/null-device.ts";
import { COLUMNS, classes, classifier, rejection, withTrainer } from "../helpers/training.ts";

/** What is left of a trainer or a predictor that is disposed of; test/gpu/api/dispose.test.ts has it on a device that runs. */

const device = await openNullDevice();
afterAll(() => device.destroy());
const counter = countCalls(device.gpu);
let before: string[] = [];
beforeEach(() => {
  before = counter.alive();
});
const allFreed = () => counter.when(() => counter.alive().length === before.length);

const disposed = (what: string) =>
  `DeviceError: ${what}: got a call after dispose(), expected a ${what} that is in use; make a new ${what}.`;

const makePredictor = async () => {
  const { model, loss } = classifier;
  const parameters = await createReferenceTrainer(classifier).parameters();
  return createPredictor(device, { model, loss, inputs: COLUMNS, parameters });
};

/** Both programs, and both again for more rows. */
async function use(predictor: Predictor) {
  for (const rows of [5, 1500]) {
    await predictor.evaluate(classes(rows));
    await predictor.predict(classes(rows).inputs);
  }
}

test("a trainer frees every buffer, whatever was asked of it", async () => {
  const trainer = await createTrainer(device, {
    ...classifier,
    optimizer: adam({ learningRate: 0.01, weightDecay: 0.1 }),
  });
  await trainer.step(2);
  await use(trainer);
  await trainer.read("W1");
  await trainer.save();
  await trainer.parameters();
  expect(counter.alive().length).toBeGreaterThan(20);
  trainer.dispose();
  expect(counter.alive()).toEqual(before);
});

test("a predictor frees every buffer", async () => {
  const predictor = await makePredictor();
  await use(predictor);
  expect(counter.alive().length).toBeGreaterThan(5);
  predictor.dispose();
  expect(counter.alive()).toEqual(before);
});

test("every buffer is freed after calls of evaluate at the same time", async () => {
  const trainer = await createTrainer(device, classifier);
  await Promise.all([3, 1500, 5].map((rows) => trainer.evaluate(classes(rows))));
  trainer.dispose();
  expect(counter.alive()).toEqual(before);
});

test("every buffer is freed though what evaluates is being loaded", async () => {
  const trainer = await createTrainer(device, classifier);
  const evaluation = trainer.evaluate(classes(5));
  trainer.dispose();
  expect(String(await rejection(evaluation))).toBe(disposed("trainer"));
  // An evaluation that begins later takes the same way: it is over after all that the first might have made.
  await withTrainer(device, classifier, (other) => other.evaluate(classes(5)));
  expect(counter.alive()).toEqual(before);
});

test("every buffer is freed though an evaluation is being compiled", async () => {
  const predictor = await makePredictor();
  const made = counter.alive().length;
  const evaluation = predictor.evaluate(classes(5));
  await counter.when(() => counter.alive().length > made);
  predictor.dispose();
  expect(String(await rejection(evaluation))).toBe(disposed("predictor"));
  await allFreed();
});

test("what waits is rejected, and all later calls", async () => {
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
    trainer.setParameters({ b2: [0, 0, 0, 0] }),
  ];
  // All at once: one that is awaited after the others would count as unhandled until then.
  const errors = await Promise.all([...waiting, ...later].map(rejection));
  expect(errors.map(String)).toEqual(errors.map(() => disposed("trainer")));
  expect(trainer.memory).toEqual({});
  expect(() => trainer.buffer("W1")).toThrow(DeviceError);
  trainer.dispose();
  await allFreed();
});
