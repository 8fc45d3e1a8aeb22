import { describe, expect, test } from "vitest";
import { dense, sequential } from "../../../src/model/layer.ts";
import type { Trainer, TrainerOptions } from "../../../src/run/types.ts";
import { usePosingDevice } from "../../helpers/device.ts";
import { CLASSES, classes, classifier, expectSameParameters, withTrainer } from "../../helpers/training.ts";

const device = await usePosingDevice();

const [ROWS, BATCH, UNITS] = [600, 500, 8];

/** Deltas of four layers, of which two need a place; the second batch of an epoch is partial. */
const deep: TrainerOptions = {
  ...classifier,
  model: sequential([
    dense(UNITS, "tanh"),
    dense(UNITS, "tanh"),
    dense(UNITS, "tanh"),
    dense(UNITS, "tanh"),
    dense(CLASSES),
  ]),
  data: classes(ROWS),
  batch: BATCH,
};

describe("deltas that share memory", () => {
  const train = (reuse: boolean) =>
    withTrainer(device, { ...deep, reuse }, async (trainer: Trainer) => {
      await trainer.step(5);
      return { parameters: await trainer.parameters(), delta: trainer.memory.delta };
    });

  test("change no bit of what is trained, partial batches and all", async () => {
    const [shared, kept] = [await train(true), await train(false)];
    expectSameParameters(shared.parameters, kept.parameters);
    expect([shared.delta, kept.delta]).toEqual([4 * BATCH * (UNITS + UNITS), 4 * BATCH * (4 * UNITS + CLASSES)]);
  });

  test("are read where they are the last that lie there, and refused where they are not", async () => {
    await withTrainer(device, deep, async (trainer) => {
      await trainer.step();
      const { shape, data } = await trainer.read("dz1");
      expect(shape).toEqual([BATCH, UNITS]);
      expect(data.some((value) => value !== 0)).toBe(true);
      await expect(trainer.read("dz3")).rejects.toThrow(
        /got tensor "dz3", which the pass reuse removed, .*; make the trainer with { reuse: false } to keep it in memory\./,
      );
      expect(() => trainer.buffer("dz3")).toThrow("which the pass reuse removed");
    });
    await withTrainer(device, { ...deep, reuse: false }, async (trainer) => {
      await trainer.step();
      expect((await trainer.read("dz3")).shape).toEqual([BATCH, UNITS]);
    });
  });
});
