import { expect, it } from "vitest";
import { Course } from "../../../demo/src/worker/course.ts";
import { pause, REPORT_INTERVAL, type Training } from "../../../demo/src/worker/training.ts";

it("a course tells of its start at once, and of its end once, with what was judged there", async () => {
  let step = 0;
  const training = {
    async step(steps: number) {
      await pause(REPORT_INTERVAL + 20);
      step += steps;
      return { step, steps, epoch: 0, loss: 1 / step, samplesPerSecond: 1 };
    },
  } as unknown as Training;
  const [steps, told] = [3, [] as { step: number; judged: number; running: boolean }[]];
  let judged = 0;
  await new Promise<void>((resolve, fail) => {
    const course = new Course(training, steps, {
      async judge() {
        await pause(1);
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
  expect(told.length).toBeGreaterThan(2);
  expect(told.filter(({ step }) => step === steps)).toEqual([{ step: steps, judged: steps, running: false }]);
});
