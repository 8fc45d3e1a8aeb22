import { afterEach, expect, it, vi } from "vitest";
import { startWorker } from "../../../demo/src/scripts.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

it("workers of one script start from one blob, however many there are", async () => {
  const started: string[] = [];
  vi.stubGlobal(
    "Worker",
    class {
      constructor(address: string) {
        started.push(address);
      }
    },
  );
  const make = vi.spyOn(URL, "createObjectURL");
  for (let i = 0; i < 3; i++) startWorker("./table.js", "table");
  startWorker("./picture.js", "picture");
  expect(make).toHaveBeenCalledTimes(2);
  expect(new Set(started.slice(0, 3)).size).toBe(1);
  const texts = await Promise.all([started[0], started[3]].map(async (url) => (await fetch(String(url))).text()));
  expect(texts).toEqual([
    expect.stringMatching(/^import ".*\/table\.js";$/),
    expect.stringMatching(/\/picture\.js";$/),
  ]);
});
