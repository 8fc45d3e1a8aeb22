import { describe, expect, it } from "vitest";
import type { GpuContract } from "../../../demo/src/pages/gpu/contract.ts";
import { open } from "../../../demo/src/pages/gpu/session.ts";
import { useSessions } from "./session.ts";

const sessions = useSessions();

describe("the session of This GPU, where there is none", () => {
  it("has nothing to describe, and nothing to check", async () => {
    const { call, events } = sessions<GpuContract>(open);
    expect(await call.describe()).toBeUndefined();
    await expect(call.check()).rejects.toThrow("there is no GPU");
    expect(events).toEqual([]);
  });

  it("races the reference alone, tells how far it is, and stops as soon as it is closed", async () => {
    const { call, events, until, close } = sessions<GpuContract>(open);
    // A round of a millisecond: the numbers that come of it say nothing.
    const racing = call.benchmark(0.01, false);
    const later = call.benchmark(0.01, false);
    // In turn: what was asked for later has not begun.
    await until(() => {
      if (events.length < 7) return false;
      close();
      return true;
    });
    await expect(racing).rejects.toThrow("aborted");
    await expect(later).rejects.toThrow("aborted");
    expect(events).toHaveLength(7);
    const [first, last] = [events[0], events.at(-1)];
    if (first?.kind !== "benchmark" || last?.kind !== "benchmark") throw new Error("not of the benchmark");
    expect(first.work).toMatchObject({ label: "2–8–2, batch 32: first step of reference", share: 0 });
    expect(last.work).toMatchObject({ label: "2–8–2, batch 32: round 5 of 5", share: 6 / 21 });
    expect(first.benchmark).toMatchObject({ complete: false, tfjs: undefined });
    const [{ timings } = { timings: [] }] = last.benchmark.networks;
    expect(timings.map(({ contestant, rates }) => [contestant, rates.length])).toEqual([["reference", 4]]);
  });

  it("is stopped, and races again when it is asked to", async () => {
    const { call, events, until } = sessions<GpuContract>(open);
    const racing = call.benchmark(0.01, false);
    await until(() => events.length > 0);
    await call.stop();
    await expect(racing).rejects.toMatchObject({ name: "AbortError" });
    const { length } = events;
    const again = call.benchmark(0.01, false);
    await until(() => events.length > length);
    await call.stop();
    await expect(again).rejects.toMatchObject({ name: "AbortError" });
  });
});
