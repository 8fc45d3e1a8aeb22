import { ModelError } from "../../errors.ts";
import type { TuneCache } from "./types.ts";

/**
 * A cache in the page's `localStorage`, which outlives the page.
 * @throws ModelError where there is none, such as in a worker, or the browser keeps it from the page
 */
export function localStorageCache(): TuneCache {
  const localStorage = found();
  if (localStorage === undefined) {
    throw new ModelError({
      where: "localStorageCache",
      got: "no localStorage",
      expected: "a page that may store data",
      remedy: "give tuner a cache of your own: { get(key), set(key, text) }",
    });
  }
  return {
    get: (key) => localStorage.getItem(key) ?? undefined,
    set: (key, text) => localStorage.setItem(key, text),
  };
}

function found(): Storage | undefined {
  try {
    return (globalThis as { localStorage?: Storage }).localStorage;
  } catch {
    // Reading it throws where cookies are blocked, or in a sandboxed frame.
    return undefined;
  }
}
