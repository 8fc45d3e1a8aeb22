import { ModelError } from "../../errors.ts";
import type { TuneCache } from "./types.ts";

/**
 * A cache in the page's `localStorage`, which outlives the page.
 * @throws ModelError where there is none, such as in a worker
 */
export function localStorageCache(): TuneCache {
  const { localStorage } = globalThis as { localStorage?: Storage };
  if (localStorage === undefined) {
    throw new ModelError({
      where: "localStorageCache",
      got: "no localStorage",
      expected: "a page",
      remedy: "give tuner a cache of your own: { get(key), set(key, text) }",
    });
  }
  return {
    get: (key) => localStorage.getItem(key) ?? undefined,
    set: (key, text) => localStorage.setItem(key, text),
  };
}
