import { describe, expect, it } from "vitest";
import { createReferenceTrainer } from "../../../src/cpu/trainer.ts";
import { DeviceError, NumericError } from "../../../src/errors.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import { adam } from "../../../src/model/optimizer.ts";
import type { ReferenceTrainer } from "../../../src/run/types.ts";
import { classifier, rejection } from "../../helpers/training.ts";

const first = adam({ learningRate: 0.01 });
const other = adam({ learningRate: 0.01, beta1: 0.99, beta2: 0.9999 });
const make = () => createReferenceTrainer({ ...classifier, optimizer: first });

const HUGE = { b2: [3e38, -3e38, 0, 0] };

/** Halts a training by a step of huge parameters, and sets those that it had again. */
async function haltAndGoOn(trainer: ReferenceTrainer) {
  const kept = await trainer.parameters();
  await trainer.setParameters(HUGE);
  expect(await rejection(trainer.step())).toBeInstanceOf(NumericError);
  await trainer.setParameters(kept);
}

describe("a training that halted goes on", () => {
  it("by the bias corrections that it had, though the rates of its averages had changed", async () => {
    const [halted, untouched] = [make(), make()];
    for (const trainer of [halted, untouched]) {
      await trainer.step(20);
      await trainer.setOptimizer(other);
      await trainer.step();
    }
    await haltAndGoOn(halted);
    expect(await halted.step()).toMatchObject({ step: 22 });
    await untouched.step();
    const [got, expected] = [await halted.parameters(), await untouched.parameters()];
    // The correction of the halted step is taken back by one subtraction and one division, each rounded once.
    for (const [name, values] of Object.entries(expected)) {
      for (const [index, value] of values.entries()) {
        expect(Math.abs((got[name]?.[index] ?? Number.NaN) - value)).toBeLessThan(1e-6);
      }
    }
  });

  it("and reads no batch before its next step", async () => {
    const trainer = createReferenceTrainer({ ...classifier, fuse: false });
    await trainer.step();
    expect((await trainer.read("dz1")).data.length).toBeGreaterThan(0);
    for (const change of [
      () => trainer.setData(classifier.data),
      async () => trainer.load(await trainer.save()),
      () => haltAndGoOn(trainer),
    ]) {
      await change();
      expect(String(await rejection(trainer.read("dz1")))).toContain('got tensor "dz1" before a step');
      await trainer.step();
      expect((await trainer.read("dz1")).data.length).toBeGreaterThan(0);
    }
  });
});

describe("fit", () => {
  it("that failed while it was iterated fails for whoever awaits it then", async () => {
    const trainer = make();
    const fitting = trainer.fit({ epochs: 3 });
    expect((await fitting.next()).done).toBe(false);
    trainer.dispose();
    const error = await rejection(fitting.next());
    expect(error).toBeInstanceOf(DeviceError);
    expect(await rejection(Promise.resolve(fitting))).toBe(error);
  });

  it("is caught and ended like a promise", async () => {
    const trainer = make();
    let ended = false;
    const report = await trainer.fit({ epochs: 2 }).finally(() => {
      ended = true;
    });
    expect([report.epoch, ended]).toEqual([2, true]);
    trainer.dispose();
    expect(await trainer.fit({ epochs: 1 }).catch((error: unknown) => error)).toBeInstanceOf(DeviceError);
  });
});

describe("what bytes stand for", () => {
  const inputs = Uint8Array.from({ length: 60 }, (_, i) => (7 * i) % 256);
  const targets = Array.from({ length: 20 }, (_, i) => i % 4);
  const trainerOf = (scale: { scale?: number; offset?: number }) =>
    createReferenceTrainer({
      model: sequential([dense(4)]),
      loss: "softmaxCrossEntropy",
      optimizer: first,
      data: { inputs, targets, ...scale },
    });

  it("is the same in a file and in the trainer that loads it, or refused", async () => {
    const saving = trainerOf({ scale: 1 / 255, offset: -0.5 });
    await saving.step();
    const file = await saving.save();
    const before = await saving.parameters();
    await trainerOf({ scale: 1 / 255, offset: -0.5 }).load(file);
    const error = await rejection(trainerOf({}).load(file));
    expect(String(error)).toBe(
      `DataError: load: got a network of bytes of scale ${1 / 255} and offset -0.5, expected one of bytes of scale 1 and offset 0, ` +
        "as the trainer's data are; give the trainer's data the scale and offset of the file, which loadModel gives as bytes.",
    );
    expect(await saving.parameters()).toEqual(before);
  });
});

describe("setParameters", () => {
  it("refuses what holds its entries elsewhere than in its keys", async () => {
    const error = await rejection(make().setParameters(new Map([["b2", [1, 2, 3, 4]]]) as never));
    expect(String(error)).toMatch(
      /^ModelError: setParameters: got a value of type Map, expected an object of W1, b1, W2, b2;/,
    );
  });
});
