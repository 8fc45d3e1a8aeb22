import { describe, expect, it } from "vitest";
import { contest, median } from "../../../../src/run/tune/contest.ts";

/** A clock that only work moves on. */
function fakeClock() {
  let time = 0;
  /** Work that takes these times in ms, one after the other, the last for ever. */
  const work = (...durations: readonly number[]) => {
    let calls = 0;
    const run = async () => {
      time += durations[Math.min(calls++, durations.length - 1)] ?? 0;
    };
    return { run, calls: () => calls };
  };
  return { now: () => time, work };
}

const forever = Number.POSITIVE_INFINITY;

describe("median", () => {
  it("is the middle one, or the mean of the two in the middle", () => {
    expect(median([5])).toBe(5);
    expect(median([9, 1, 5])).toBe(5);
    expect(median([10, 2, 4, 1])).toBe(3);
  });
});

describe("contest", () => {
  it("says how many times as fast the challenger is", async () => {
    const { now, work } = fakeClock();
    expect(await contest(work(10).run, work(5).run, { now, deadline: forever })).toBe(2);
    expect(await contest(work(10).run, work(12.5).run, { now, deadline: forever })).toBe(0.8);
  });

  it("wakes the device untimed, then times both as often", async () => {
    const { now, work } = fakeClock();
    const [champion, challenger] = [work(1000, 10), work(10)];
    expect(await contest(champion.run, challenger.run, { now, deadline: forever })).toBe(1);
    expect([champion.calls(), challenger.calls()]).toEqual([6, 5]);
  });

  it("is not swayed by a few slow turns of the champion, or by one lucky turn of the challenger", async () => {
    const { now, work } = fakeClock();
    const disturbed = work(10, 10, 30, 30, 30, 10);
    expect(await contest(disturbed.run, work(10).run, { now, deadline: forever })).toBe(1);
    expect(await contest(work(10).run, work(10, 4, 10).run, { now, deadline: forever })).toBe(1);
  });

  it("ends at once where the challenger has no hope", async () => {
    const { now, work } = fakeClock();
    const challenger = work(100);
    expect(await contest(work(10).run, challenger.run, { now, deadline: forever })).toBe(0.1);
    expect(challenger.calls()).toBe(1);
  });

  it("says nothing where the time is up before the last turn", async () => {
    const { now, work } = fakeClock();
    const challenger = work(1);
    expect(await contest(work(10).run, challenger.run, { now, deadline: 30 })).toBeUndefined();
    expect(challenger.calls()).toBe(2);
  });

  it("says nothing where a signal comes before the last turn", async () => {
    const { now, work } = fakeClock();
    const controller = new AbortController();
    const challenger = work(1);
    const run = async () => {
      await challenger.run();
      if (challenger.calls() === 2) controller.abort();
    };
    expect(await contest(work(10).run, run, { now, deadline: forever, signal: controller.signal })).toBeUndefined();
    expect(challenger.calls()).toBe(2);
  });
});
