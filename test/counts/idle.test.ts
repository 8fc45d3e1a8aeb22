import { afterAll, describe, expect, test } from "vitest";
import { NumericError } from "../../src/errors.ts";
import { HALTED, RECORD_WORDS, RING_RECORDS } from "../../src/kernels/control.ts";
import { countCalls } from "../helpers/counting.ts";
import { openNullDevice } from "../helpers/null-device.ts";
import { scriptTime } from "../helpers/scripted-time.ts";
import { classifier, rejection, withTrainer } from "../helpers/training.ts";

/** What passes between two runs is no step's time, by a clock that only the GPU and sleeps move. */

const device = await openNullDevice();
afterAll(() => device.destroy());

/** Has the next report of so many bytes say that its first step halted. */
let halting = 0;
const { createBuffer } = device.gpu;
device.gpu.createBuffer = (descriptor) => {
  const buffer = createBuffer.call(device.gpu, descriptor);
  const { getMappedRange } = buffer;
  buffer.getMappedRange = (...given) => {
    const range = getMappedRange.apply(buffer, given);
    if (halting === 0 || range.byteLength !== 4 * RECORD_WORDS * halting) return range;
    halting = 0;
    const words = new Uint32Array(range.byteLength / 4);
    words.set([1, HALTED], 4);
    return words.buffer;
  };
  return buffer;
};
const counter = countCalls(device.gpu);
const run = scriptTime(device.gpu, counter);

/** Dispatches of a step and of what closes a submit, each of them a millisecond long. */
const [STEP, CLOSING] = [6, 1];
const IDLE = 30_000;

describe("a trainer that halted amid a run, of which a submit was on its way", () => {
  test.each([1, 2, 40, 3 * RING_RECORDS])("takes %i steps after idleness in the time of those steps", async (steps) => {
    await withTrainer(device, classifier, async (trainer) => {
      const { took, submitted } = await run(1, async () => {
        halting = RING_RECORDS;
        const error = await rejection(trainer.step(2 * RING_RECORDS + 100));
        expect(error).toBeInstanceOf(NumericError);
        expect(halting).toBe(0);
        await new Promise((resolve) => setTimeout(resolve, IDLE));
        await trainer.setParameters(await trainer.parameters());
        counter.reset();
        const began = performance.now();
        expect(await trainer.step(steps)).toMatchObject({ steps });
        return { took: performance.now() - began, submitted: counter.submits() };
      });
      const dispatches = submitted.reduce((sum, one) => sum + one, 0);
      expect(dispatches).toBeGreaterThanOrEqual(STEP * steps + CLOSING);
      // No sleep is longer than a submit takes, but for a timer's millisecond.
      expect(took).toBeGreaterThanOrEqual(dispatches);
      expect(took).toBeLessThanOrEqual(dispatches + Math.max(...submitted) + submitted.length);
    });
  });
});
