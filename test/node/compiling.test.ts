import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { run, runWell } from "./package/process.ts";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const entry = join(root, "dist/index.js");

test("while shaders compile, timers tick, Dawn looks by timer too, and the program's own immediates are served", async () => {
  const output = await runWell(root, process.execPath, [join(here, "compiling/ticks.mjs"), entry]);
  const { ticks, looks, served } = JSON.parse(output);
  expect(served).toBe(true);
  expect(ticks).toBeGreaterThan(0);
  // What else is awaited, such as an error scope, is known at the first look or two; compiling takes thousands.
  expect(looks).toBeLessThan(20);
});

test.each([
  ["throw", "error: its own\nthread ended with 1\n"],
  ["exit", "thread ended with 3\n"],
])("a thread that ends while its shaders compile ends alone: %s", async (how, stdout) => {
  const outcome = await run(root, process.execPath, [join(here, "compiling/end.mjs"), entry, how]);
  expect(outcome).toEqual({ status: 0, stdout, stderr: "" });
});
