import { describe, expect, it } from "vitest";
import { patient } from "../../../../src/run/tune/patient.ts";
import type { TuneCache } from "../../../../src/run/tune/types.ts";

const never = () => new Promise<never>(() => {});
/** A thenable that answers nobody. */
// biome-ignore lint/suspicious/noThenProperty: it is to be awaited
const mute = () => ({ then: () => {} }) as unknown as Promise<never>;
const late = "it did not answer within 0.001 s, and is not asked again";

describe("a patient cache", () => {
  it.each(Object.entries({ never, mute }))(
    "gives up one that answers %s, and does not ask it again",
    async (_, answer) => {
      const asked: string[] = [];
      const count = (what: string) => () => {
        asked.push(what);
        return answer();
      };
      const cache = patient({ get: count("get"), set: count("set") }, 1);
      const told = [cache.get("a"), cache.set("a", "b")].map((work) => Promise.resolve(work).catch(String));
      expect(await Promise.all(told)).toEqual([`Error: ${late}`, `Error: ${late}`]);
      await expect(cache.get("a")).rejects.toThrow(late);
      await expect(cache.set("a", "b")).rejects.toThrow(late);
      expect(asked).toEqual(["get", "set"]);
    },
  );

  it("gives what a cache gives, at once or later, and what it throws", async () => {
    const kept = new Map([["a", "b"]]);
    const slow: TuneCache = { get: async (key) => kept.get(key), set: async (key, text) => kept.set(key, text) };
    for (const one of [kept, slow].map((cache) => patient(cache, 1e6))) {
      expect([await one.get("a"), await one.get("c")]).toEqual(["b", undefined]);
      await one.set("d", "e");
      expect(kept.get("d")).toBe("e");
    }
    const thrown = () => {
      throw new Error("full");
    };
    const failing = patient({ get: thrown, set: thrown }, 1e6);
    await expect(failing.get("a")).rejects.toThrow("full");
    // It answers, so it is asked again.
    await expect(failing.set("a", "b")).rejects.toThrow("full");
  });
});
