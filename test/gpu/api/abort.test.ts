import { describe, expect, test } from "vitest";
import type { Report, TrainerOptions } from "../../../src/run/types.ts";
import { useCounter, usePosingDevice } from "../../helpers/device.ts";
import { BATCH, classes, classifier, EPOCH_STEPS, expectSameParameters, withTrainer } from "../../helpers/training.ts";

const device = await usePosingDevice();
const counter = await useCounter();

describe("trainer › an abort signal", () => {
  /** Ten steps an epoch. */
  const long: TrainerOptions = { ...classifier, data: classes(10 * BATCH) };
  const parametersAfter = (steps: number) =>
    withTrainer(device, long, async (trainer) => {
      await trainer.step(steps);
      return trainer.parameters();
    });

  test("ends fit between two submits and leaves the parameters of the last step", async () => {
    await withTrainer(device, long, async (trainer) => {
      const controller = new AbortController();
      counter.reset();
      void counter.when(() => counter.counts.submit === 3).then(() => controller.abort());
      const reports: Report[] = [];
      for await (const report of trainer.fit({ epochs: 1000, signal: controller.signal })) reports.push(report);
      // Submits grow at most twofold: of 1, 1 and 1 or 2 steps.
      expect(reports.length).toBe(1);
      const last = reports[0]?.step ?? 0;
      expect([3, 4]).toContain(last);
      expectSameParameters(await trainer.parameters(), await parametersAfter(last));
      expect(await trainer.step()).toMatchObject({ step: last + 1, steps: 1 });
    });
  });

  test("ends fit between two epochs", async () => {
    await withTrainer(device, classifier, async (trainer) => {
      const controller = new AbortController();
      const steps: number[] = [];
      for await (const { step } of trainer.fit({ epochs: 1000, signal: controller.signal })) {
        steps.push(step);
        if (steps.length === 2) controller.abort();
      }
      expect(steps).toEqual([EPOCH_STEPS, 2 * EPOCH_STEPS]);
    });
  });

  test("that was aborted before gives no report and takes no step", async () => {
    await withTrainer(device, classifier, async (trainer) => {
      const reports = [];
      for await (const report of trainer.fit({ epochs: 3, signal: AbortSignal.abort() })) reports.push(report);
      expect(reports).toEqual([]);
      expect(await trainer.step()).toMatchObject({ step: 1 });
    });
  });
});
