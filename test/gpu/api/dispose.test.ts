import { beforeEach, describe, expect, test } from "vitest";
import { createReferenceTrainer } from "../../../src/cpu/trainer.ts";
import { createPredictor } from "../../../src/run/predictor.ts";
import { createTrainer } from "../../../src/run/trainer.ts";
import { useCounter, usePosingDevice } from "../../helpers/device.ts";
import { COLUMNS, classes, classifier, expectSameParameters, rejection, withTrainer } from "../../helpers/training.ts";

/** What waits on a device that runs; test/counts/dispose.test.ts has the rest, on Dawn's null device. */

const device = await usePosingDevice();
const counter = await useCounter();
let before: string[] = [];
beforeEach(() => {
  before = counter.alive();
});

const disposed = (what: string) =>
  `DeviceError: ${what}: got a call after dispose(), expected a ${what} that is in use; make a new ${what}.`;

describe("dispose", () => {
  test("frees every buffer though what evaluates is being loaded", async () => {
    const trainer = await createTrainer(device, classifier);
    const evaluation = trainer.evaluate(classes(5));
    trainer.dispose();
    expect(String(await rejection(evaluation))).toBe(disposed("trainer"));
    // An evaluation that begins later takes the same way: it is over after all that the first might have made.
    await withTrainer(device, classifier, (other) => other.evaluate(classes(5)));
    expect(counter.alive()).toEqual(before);
  });

  test("frees every buffer though an evaluation is being compiled", async () => {
    const { model, loss } = classifier;
    const parameters = await createReferenceTrainer(classifier).parameters();
    const predictor = await createPredictor(device, { model, loss, inputs: COLUMNS, parameters });
    const made = counter.alive().length;
    const evaluation = predictor.evaluate(classes(5));
    await counter.when(() => counter.alive().length > made);
    predictor.dispose();
    expect(String(await rejection(evaluation))).toBe(disposed("predictor"));
    await counter.when(() => counter.alive().length === before.length);
  });

  test("leaves other trainers of the device alone, amid their steps and its own", async () => {
    const alone = await withTrainer(device, classifier, async (trainer) => {
      await trainer.step(6);
      return trainer.parameters();
    });
    await withTrainer(device, classifier, async (trainer) => {
      expect(await trainer.step(1)).toMatchObject({ step: 1, steps: 1 });
      const other = await createTrainer(device, { ...classifier, seed: 8 });
      await other.step(3);
      const [going, waiting] = [trainer.step(2), rejection(other.step(1000))];
      other.dispose();
      expect(String(await waiting)).toBe(disposed("trainer"));
      expect(await going).toMatchObject({ step: 3, steps: 2 });
      expect(await trainer.step(3)).toMatchObject({ step: 6, steps: 3 });
      expectSameParameters(await trainer.parameters(), alone);
    });
  });
});
