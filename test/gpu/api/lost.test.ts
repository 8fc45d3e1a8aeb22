import { describe, expect, test } from "vitest";
import { openDevice } from "../../../src/device/open.ts";
import { DeviceError } from "../../../src/errors.ts";
import { createTrainer } from "../../../src/run/trainer.ts";
import type { Trainer } from "../../../src/run/types.ts";
import { classes, classifier, rejection } from "../../helpers/training.ts";

describe("a device that is lost", () => {
  const message =
    "got a device that was destroyed, expected a device that works; open the device again and load the last checkpoint.";

  test("rejects all that waits on it, and all later calls", async () => {
    const own = await openDevice();
    const trainer = await createTrainer(own, { ...classifier, data: classes(1000), batch: 1 });
    await trainer.evaluate(classes(5));
    const pending: Readonly<Record<string, Promise<unknown>>> = {
      step: trainer.step(100_000),
      fit: trainer.fit({ epochs: 100 }).next(),
      save: trainer.save(),
      read: trainer.read("W1"),
      parameters: trainer.parameters(),
      evaluate: trainer.evaluate(classes(5000)),
      predict: trainer.predict(classes(5000).inputs),
    };
    own.destroy();
    expect(await Promise.all(Object.entries(pending).map(outcome))).toEqual(Object.keys(pending).map(lost));
    const later: Readonly<Record<string, Promise<unknown>>> = {
      step: trainer.step(),
      fit: trainer.fit({ epochs: 1 }).next(),
      ...Object.fromEntries(Object.entries(callsOf(trainer)).map(([name, call]) => [name, call()])),
    };
    expect(await Promise.all(Object.entries(later).map(outcome))).toEqual(Object.keys(later).map(lost));
    expect(() => trainer.setParameters({ b2: [0, 0, 0, 0] })).toThrow(DeviceError);
  });

  test("rejects a training that is under way", async () => {
    const own = await openDevice();
    const trainer = await createTrainer(own, { ...classifier, batch: 1 });
    await trainer.step();
    const training = trainer.step(1_000_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    own.destroy();
    expect(await outcome(["step", training])).toEqual(lost("step"));
  });

  test("rejects a trainer that is being made, or its first step", async () => {
    const own = await openDevice();
    const made = createTrainer(own, classifier).then((trainer) => trainer.step());
    own.destroy();
    expect(await outcome(["createTrainer", made])).toEqual(lost("createTrainer"));
  });

  const callsOf = (trainer: Trainer) => ({
    save: () => trainer.save(),
    read: () => trainer.read("W1"),
    parameters: () => trainer.parameters(),
    evaluate: () => trainer.evaluate(classes(5)),
    predict: () => trainer.predict([1, 2, 3]),
  });
  const lost = (name: string) => [name, true, message];
  const outcome = async ([name, work]: [string, Promise<unknown>]) => {
    const error = await rejection(work);
    const text = error instanceof Error ? error.message : String(error);
    return [name, error instanceof DeviceError, text.slice(Math.max(0, text.indexOf("got ")))];
  };
});
