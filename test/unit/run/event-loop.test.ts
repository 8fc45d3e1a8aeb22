import { describe, expect, test } from "vitest";
import { createReferenceTrainer } from "../../../src/cpu/trainer.ts";
import type { ReferenceTrainer } from "../../../src/run/types.ts";
import { withClock } from "../../helpers/clock.ts";
import { classes, classifier } from "../../helpers/training.ts";

/** A training on the CPU leaves its thread now and then, by a clock that goes on by a millisecond at each look. */

/** What a call may take and still have ended if it never left the thread. */
const MANY = 2000;

/**
 * Runs work while timers count, each of which sets the next, and one aborts a signal.
 * @returns what it gave, and how often a timer had its turn
 */
async function beside<T>(work: (trainer: ReferenceTrainer, signal: AbortSignal) => Promise<T>) {
  let [now, ticks] = [0, 0];
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout>;
  const tick = () => {
    ticks++;
    timer = setTimeout(tick);
  };
  tick();
  // Only once the work has gone on for a while.
  const abort = () => (ticks < 5 ? setTimeout(abort) : controller.abort());
  abort();
  const result = await withClock(
    () => now++,
    () => work(createReferenceTrainer({ ...classifier, batch: 10 }), controller.signal),
  ).finally(() => clearTimeout(timer));
  return { result, ticks };
}

describe("timers and a signal have their turn while a training on the CPU", () => {
  test("fits, awaited or iterated", async () => {
    const awaited = await beside((trainer, signal) => Promise.resolve(trainer.fit({ epochs: MANY, signal })));
    expect(awaited.result.epoch).toBeLessThan(MANY);
    expect(awaited.ticks).toBeGreaterThanOrEqual(5);
    const iterated = await beside(async (trainer, signal) => {
      let epochs = 0;
      for await (const { epoch } of trainer.fit({ epochs: MANY, signal })) epochs = epoch;
      return epochs;
    });
    expect(iterated.result).toBeLessThan(MANY);
    expect(iterated.ticks).toBeGreaterThanOrEqual(5);
  });

  /** Makes a call again and again until the signal is aborted. */
  const until =
    (call: (trainer: ReferenceTrainer) => Promise<unknown>) =>
    async (trainer: ReferenceTrainer, signal: AbortSignal) => {
      let calls = 0;
      while (calls < MANY && !signal.aborted) {
        await call(trainer);
        calls++;
      }
      return calls;
    };
  const rows = classes(9);
  const calls: Readonly<Record<string, (trainer: ReferenceTrainer) => Promise<unknown>>> = {
    step: (trainer) => trainer.step(),
    evaluate: (trainer) => trainer.evaluate(rows),
    predict: (trainer) => trainer.predict(rows.inputs),
    parameters: (trainer) => trainer.parameters(),
  };

  test.each(Object.entries(calls))("is asked to %s in a loop", async (_, call) => {
    const { result, ticks } = await beside(until(call));
    expect(result).toBeLessThan(MANY);
    expect(ticks).toBeGreaterThanOrEqual(5);
  });

  const many = classes(200 * 1024, 3);

  test.each([
    ["takes many steps", (trainer: ReferenceTrainer) => trainer.step(MANY)],
    ["evaluates many rows", (trainer: ReferenceTrainer) => trainer.evaluate(many)],
    ["predicts many rows", (trainer: ReferenceTrainer) => trainer.predict(many.inputs)],
  ])("%s in one call, which dispose ends", async (_, call) => {
    const { result, ticks } = await beside(async (trainer, signal) => {
      signal.addEventListener("abort", () => trainer.dispose());
      return call(trainer).then(String, String);
    });
    expect(result).toMatch(/^DeviceError: trainer: got a call after dispose\(\), /);
    expect(ticks).toBeGreaterThanOrEqual(5);
  });
});
