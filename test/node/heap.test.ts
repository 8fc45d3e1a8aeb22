import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { afterAll, expect, test } from "vitest";
import { runWell } from "./package/process.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const cache = join(root, "node_modules/.cache/chainrule");
mkdirSync(cache, { recursive: true });
/** Within the project, so that the library finds its adapter's package. */
const folder = mkdtempSync(join(cache, "heap-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Bytes a step: half a pointer. What the engine itself keeps or drops comes to some 2.5 in either direction. */
const ALLOWED = 4;

test("100,000 steps of 2-8-2 leave the heap as it was, and make nothing on the GPU", async () => {
  await build({ root, logLevel: "warn", build: { outDir: folder } });
  const script = join(dirname(fileURLToPath(import.meta.url)), "heap/steps.mjs");
  const output = await runWell(root, process.execPath, ["--expose-gc", script, join(folder, "index.js")]);
  const { grown, leak, steps, first, made } = JSON.parse(output);
  console.log(`heap: ${grown} bytes more after ${steps} steps; one pointer a step would be ${leak}`);
  expect(grown).toBeLessThan(ALLOWED * steps);
  expect(made).toEqual(first);
  // The measurement would have seen it.
  expect(leak).toBeGreaterThan(ALLOWED * steps);
});
