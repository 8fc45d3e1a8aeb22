import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { inSlices, nowAndThen } from "../../../demo/src/worker/pace.ts";

/** Time in ms. */
let now = 0;
beforeEach(() => {
  now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
});
afterEach(() => void vi.restoreAllMocks());

it("slices double until they last as long as they should, follow a machine that slows down, and end with the last step", async () => {
  const [sizes, slow] = [[] as number[], 200];
  let left = 300;
  await inSlices({
    length: 60,
    first: 4,
    left: () => left,
    async take(steps) {
      sizes.push(steps);
      now += left > slow ? steps : 4 * steps;
      left -= steps;
      return steps;
    },
    after: async () => {},
  });
  expect(sizes).toEqual([4, 8, 16, 32, 60, 60, ...Array.from({ length: 8 }, () => 15)]);
  expect(left).toBe(0);
});

it("goes by the steps that were taken where they were fewer", async () => {
  const asked: number[] = [];
  await inSlices({
    length: 100,
    left: () => (asked.length < 4 ? Number.POSITIVE_INFINITY : 0),
    async take(steps) {
      asked.push(steps);
      now += 1;
      return 1;
    },
    after: async () => {},
  });
  expect(asked).toEqual([1, 2, 4, 8]);
});

it("does a work now and then, with a rest that is as long as it was dear", async () => {
  const done: number[] = [];
  const work = async () => {
    done.push(now);
    now += 50;
  };
  const again = nowAndThen(100, work, { first: 30, rest: 4 });
  for (; now < 700; now += 10) await again();
  expect(done).toEqual([30, 280, 530]);
});
