import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createPace, type Pace, type Submit } from "../../../src/run/pace.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Globals that tell the runtimes apart, as each has them. */
const runtimes = {
  node: { document: undefined, Deno: undefined, process: { versions: { node: "20.0.0" } } },
  deno: { document: undefined, Deno: {}, process: { versions: { node: "20.0.0" } } },
  page: { document: {}, Deno: undefined, process: undefined },
  worker: { document: undefined, Deno: undefined, process: undefined },
};

/** Runs synchronous work as a runtime would: the test runner needs its own globals again afterwards. */
function within<T>(runtime: keyof typeof runtimes, work: () => T): T {
  for (const [name, value] of Object.entries(runtimes[runtime])) vi.stubGlobal(name, value);
  try {
    return work();
  } finally {
    vi.unstubAllGlobals();
  }
}

/** Work that was submitted now. */
const submit = (steps: number): Submit => ({ steps, began: performance.now(), woke: 0 });

/** Submits one after another, each of `step` ms a step, and returns their sizes. */
const sizes = (runtime: keyof typeof runtimes, step: number, submits: number, pace = createPace()): number[] =>
  within(runtime, () =>
    Array.from({ length: submits }, () => {
      const { steps } = pace;
      const submitted = submit(steps);
      vi.advanceTimersByTime(steps * step);
      pace.done(submitted);
      return steps;
    }),
  );

/** How long `sleep` sleeps for a submit in ms. */
async function asleep(runtime: keyof typeof runtimes, pace: Pace, submitted: Submit): Promise<number> {
  const began = performance.now();
  const waiting = within(runtime, () => pace.sleep(submitted));
  await vi.runAllTimersAsync();
  await waiting;
  return performance.now() - began;
}

describe("the steps of a submit", () => {
  it.each([
    ["node", 100],
    ["deno", 100],
    ["page", 12],
    ["worker", 12],
  ] as const)("double until they take as long as one may in %s, %d ms", (runtime, budget) => {
    expect(sizes(runtime, 1, 9)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256].map((steps) => Math.min(steps, budget)));
  });

  it("are one where a single one takes longer than that", () => {
    expect(sizes("node", 1000, 3)).toEqual([1, 1, 1]);
  });

  it("double still where no time is measured", () => {
    expect(sizes("page", 0, 5)).toEqual([1, 2, 4, 8, 16]);
  });

  it("become fewer at once where steps become slower", () => {
    const pace = createPace();
    sizes("node", 1, 8, pace);
    expect(sizes("node", 50, 2, pace)).toEqual([100, 2]);
  });

  it("are sized by each submit's own time where another waits behind it", () => {
    within("node", () => {
      const pace = createPace();
      const [first, second] = [submit(1), submit(1)];
      vi.advanceTimersByTime(40);
      pace.done(first);
      expect(pace.steps).toBe(2);
      // The second begins where the first ended, not when it was submitted.
      second.began = performance.now();
      vi.advanceTimersByTime(40);
      pace.done(second);
      expect(pace.steps).toBe(2);
    });
  });

  it("do not count the time in which nothing was submitted", () => {
    const pace = createPace();
    sizes("node", 10, 2, pace);
    vi.advanceTimersByTime(10_000);
    expect(sizes("node", 10, 3, pace)).toEqual([4, 8, 10]);
  });
});

describe("a submit whose report is read", () => {
  it("shows at once that steps are faster than they seemed, and little by little that they are slower", () => {
    const pace = createPace();
    sizes("node", 10, 2, pace);
    const read = (took: number) => {
      within("node", () => {
        const submitted = submit(1);
        vi.advanceTimersByTime(took);
        pace.done(submitted, true);
      });
      return pace.steps;
    };
    // 12.5 ms a step, and 15.6: a quarter more each time.
    expect([read(90), read(90)]).toEqual([8, 6]);
    expect(read(5)).toBe(12);
  });
});

describe("sleep", () => {
  /** Part of the expected time that it sleeps; timers count whole milliseconds. */
  const part = (time: number): number => Math.floor(0.88 * time);

  /** A pace that knows a step to take 10 ms. */
  const measured = () => {
    const pace = createPace();
    sizes("node", 10, 1, pace);
    return pace;
  };

  it("sleeps through most of what was submitted, where the runtime polls", async () => {
    expect(await asleep("node", measured(), submit(5))).toBe(part(50));
  });

  it("counts only what is left of a submit that began before", async () => {
    const pace = measured();
    const submitted = submit(5);
    vi.advanceTimersByTime(20);
    expect(await asleep("node", pace, submitted)).toBe(part(30));
  });

  it("goes by the time that a step took last", async () => {
    const pace = measured();
    const first = submit(5);
    vi.advanceTimersByTime(100);
    // 20 ms a step.
    within("node", () => pace.done(first));
    expect(await asleep("node", pace, submit(5))).toBe(part(100));
  });

  it("sleeps less after a sleep that was too long, and longer again while it is not", async () => {
    const pace = measured();
    const slept: number[] = [];
    for (let i = 0; i < 4; i++) {
      const submitted = submit(8);
      slept.push(await asleep("node", pace, submitted));
      // The first report is there at once, the others come 30 ms after the sleep.
      if (i > 0) vi.advanceTimersByTime(30);
      within("node", () => pace.done(submitted, true));
    }
    const [first = 0, second = 0, third = 0, fourth = 0] = slept;
    expect(first).toBe(part(80));
    expect(second).toBe(part(first / 2));
    expect(third).toBeGreaterThan(second);
    expect(fourth).toBeGreaterThan(third);
  });

  it("comes back from a stall, though another submit always waits behind", async () => {
    const pace = measured();
    let waiting = submit(5);
    const report = async (stall: number) => {
      const oldest = waiting;
      waiting = submit(5);
      const slept = await asleep("node", pace, oldest);
      vi.advanceTimersByTime(Math.max(0, 50 - slept) + stall);
      within("node", () => pace.done(oldest, true));
      waiting.began = performance.now();
      return slept;
    };
    for (let i = 0; i < 10; i++) await report(300);
    for (let i = 0; i < 10; i++) await report(0);
    // What takes 50 ms is never slept through for much longer.
    for (let i = 0; i < 10; i++) expect(await report(0)).toBeLessThanOrEqual(50 * 1.25);
  });

  it("finds out how short a submit has become, though the end of a sleep is always late", async () => {
    const pace = measured();
    const slept: number[] = [];
    for (let i = 0; i < 30; i++) {
      const submitted = submit(5);
      slept.push(await asleep("node", pace, submitted));
      // A submit takes 1 ms now, and after a sleep its end is noticed 1 ms late.
      vi.advanceTimersByTime(1);
      within("node", () => pace.done(submitted, true));
    }
    expect(slept[0]).toBe(part(50));
    expect(slept.at(-1)).toBe(0);
  });

  it.each(["deno", "page", "worker"] as const)("does not sleep in %s", async (runtime) => {
    expect(await asleep(runtime, measured(), submit(5))).toBe(0);
  });

  it("does not sleep before a time is known, for less than a timer is worth, or for what is overdue", async () => {
    expect(await asleep("node", createPace(), submit(5))).toBe(0);
    const short = createPace();
    sizes("node", 1, 1, short);
    expect(await asleep("node", short, submit(2))).toBe(0);
    const pace = measured();
    const overdue = submit(5);
    vi.advanceTimersByTime(60);
    expect(await asleep("node", pace, overdue)).toBe(0);
  });

  it("holds nothing that was given up: what comes after an idle hour is measured by itself", async () => {
    const pace = measured();
    submit(5);
    vi.advanceTimersByTime(3_600_000);
    expect(await asleep("node", pace, submit(5))).toBe(part(50));
  });
});
