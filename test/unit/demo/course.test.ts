import { afterEach, expect, it, vi } from "vitest";
import { Course } from "../../../demo/src/worker/course.ts";
import { REPORT_INTERVAL } from "../../../demo/src/worker/pace.ts";
import type { Training } from "../../../demo/src/worker/training.ts";

afterEach(() => void vi.restoreAllMocks());

it("a course tells of its start at once, and of its end once, with what was judged there", async () => {
  // A step lasts as long as a report waits for the next.
  let now = 1000;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  let step = 0;
  const training = {
    async step(steps: number) {
      now += REPORT_INTERVAL + 20;
      step += steps;
      return { step, steps, epoch: 0, loss: 1 / step, samplesPerSecond: 1 };
    },
  } as unknown as Training;
  const [steps, told] = [3, [] as { step: number; judged: number; running: boolean }[]];
  let judged = 0;
  await new Promise<void>((resolve, fail) => {
    const course = new Course(training, steps, {
      async judge() {
        judged = step;
        return 0;
      },
      report({ step, running }) {
        told.push({ step, judged, running });
        if (!running) resolve();
      },
      fail,
    });
    course.play();
  });
  expect(told[0]).toEqual({ step: 0, judged: 0, running: true });
  expect(told.map(({ step, running }) => [step, running])).toEqual([
    [0, true],
    [1, true],
    [2, true],
    [3, false],
  ]);
  expect(told.at(-1)?.judged).toBe(steps);
});
