import { afterEach, describe, expect, it, vi } from "vitest";
import { localStorageCache } from "../../../../src/run/tune/storage.ts";
import { refusal } from "../../../helpers/refusal.ts";

afterEach(() => vi.unstubAllGlobals());

describe("localStorageCache", () => {
  it("keeps texts in the page's storage", () => {
    const items = new Map<string, string>();
    vi.stubGlobal("localStorage", {
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, text: string) => items.set(key, text),
    });
    const cache = localStorageCache();
    expect(cache.get("a")).toBeUndefined();
    cache.set("a", "1");
    expect(cache.get("a")).toBe("1");
    expect([...items]).toEqual([["a", "1"]]);
  });

  it("is refused where the browser keeps it from the page", () => {
    vi.stubGlobal("localStorage", undefined);
    Object.defineProperty(globalThis, "localStorage", {
      get: () => {
        throw new DOMException("Access is denied for this document.", "SecurityError");
      },
      configurable: true,
    });
    expect(refusal(localStorageCache)).toMatch(/^ModelError: localStorageCache: got no localStorage, /);
  });

  it("is refused where there is no page", () => {
    vi.stubGlobal("localStorage", undefined);
    expect(refusal(localStorageCache)).toBe(
      "ModelError: localStorageCache: got no localStorage, expected a page that may store data; give tuner a cache of your own: { get(key), set(key, text) }.",
    );
  });
});
