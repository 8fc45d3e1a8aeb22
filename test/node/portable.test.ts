import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run, runWell } from "./package/process.ts";

/** The suite as it travels to machines without npm: built into plain files, Vitest's runner and assertions in them. */

const bench = fileURLToPath(new URL("../../bench", import.meta.url));
/** Below the checkout, where Dawn is found. */
const built = join(bench, "dist/portable-suite");
let scratch: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "chainrule-portable-"));
  await evaluate(`
    const { buildPortable } = await import(${JSON.stringify(join(bench, "build.mjs"))});
    await buildPortable(${JSON.stringify(built)}, ["suite"]);`);
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const evaluate = (script: string) => runWell(bench, process.execPath, ["--input-type=module", "--eval", script]);

/** Runs one file with no more in its environment than is given. */
async function runFile(file: string, environment: Readonly<Record<string, string | undefined>>) {
  const variables = Object.entries(environment).flatMap(([name, value]) => (value ? [`${name}=${value}`] : []));
  const out = join(scratch, "result.json");
  const command = [...variables, process.execPath, join(built, "suite.mjs"), file, out];
  const { status } = await run(scratch, "env", ["-i", ...command]);
  return { status, result: JSON.parse(await readFile(out, "utf8")) };
}

describe("the suite without Vitest", () => {
  it("runs a file of tests on the GPU, with an empty PATH", async () => {
    const { LD_LIBRARY_PATH, VK_DRIVER_FILES } = process.env;
    const { status, result } = await runFile("kernels/activation.test.ts", { LD_LIBRARY_PATH, VK_DRIVER_FILES });
    expect(result).toMatchObject({ failed: 0, skipped: 0, failures: [] });
    expect(result.passed).toBeGreaterThan(10);
    expect(status).toBe(0);
  });

  it("counts a file as failed where there is no adapter", async () => {
    const { status, result } = await runFile("kernels/activation.test.ts", { VK_DRIVER_FILES: "/nowhere" });
    expect(result).toMatchObject({ passed: 0, failed: 1 });
    expect(result.failures[0].message).toContain("got no adapter");
    expect(status).toBe(1);
  });

  it("counts what passes, fails and is skipped", async () => {
    const output = await evaluate(`
      import { afterAll, describe, expect, test } from "./portable/vitest.mjs";
      import { runFile } from "./portable/run-file.mjs";
      console.log(JSON.stringify([
        await runFile("one.test.ts", async () => {
          test.each([[1, 2], [2, 3]])("%d below %d", (a, b) => expect(a).toBeLessThan(b));
          test("unequal", () => expect([1, 2]).toEqual([1, 3]));
          test("unknown assertion", () => expect(1).toMatchInlineSnapshot("1"));
          test("late", async () => { await expect(Promise.resolve(1)).rejects.toThrow(); });
          // Skipped in the program under test, which must count it; no test of this suite is.
          test.skip("left out on purpose: that it is counted is what this test checks", () => {});
          describe("group", () => {
            afterAll(() => { throw new Error("cleaning up"); });
            test("good", () => {});
          });
        }),
        await runFile("broken.test.ts", async () => { throw new Error("while loading"); }),
        await runFile("empty.test.ts", async () => {}),
      ].map(({ passed, failed, skipped, failures }) => [passed, failed, skipped, failures.map(({ name }) => name)])));`);
    expect(JSON.parse(output)).toEqual([
      [3, 4, 1, ["unequal", "unknown assertion", "late", "group"]],
      [0, 1, 0, ["broken.test.ts"]],
      [0, 1, 0, ["empty.test.ts"]],
    ]);
  });
});
