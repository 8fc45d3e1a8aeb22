import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chooseAdapter } from "./adapter.mjs";
import { run } from "./process.mjs";
import { runSuite } from "./vitest.mjs";

/**
 * Everything that is tested: types, lint, build, and the suite in each runtime, two at a time, each whatever became
 * of the others. The last line is `N passed, N failed`.
 *
 * @typedef {{ passed: number, failed: number, skipped: number }} Count
 */

/** The build comes before the suites, since the tests of the command line run what it built. */
const steps = {
  types: [process.execPath, "node_modules/typescript/bin/tsc"],
  lint: [process.execPath, "node_modules/@biomejs/biome/bin/biome", "ci"],
  build: ["npm", "run", "--silent", "build"],
};

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const results = await mkdtemp(join(tmpdir(), "chainrule-test-"));
/** @type {[name: string, count: Count, seconds: number][]} */
const rows = [];

try {
  for (const [name, command] of Object.entries(steps)) await measure(name, () => check(command));
  const adapter = await chooseAdapter().catch((error) => {
    console.error(error);
    return undefined;
  });
  console.log(`\nadapter: ${adapter?.line ?? "none"}`);
  // Two at a time, the longest first: none keeps two cores busy.
  const queue = /** @type {const} */ (["demo", "node", "deno", "browser"]).values();
  await Promise.all([inTurn(queue, adapter), inTurn(queue, adapter)]);
} finally {
  await rm(results, { recursive: true, force: true });
}
summarize();

/** @param {Iterable<import("./vitest.mjs").Runtime>} names that others may take from too @param {import("./adapter.mjs").Adapter | undefined} adapter */
async function inTurn(names, adapter) {
  for (const runtime of names) await measure(runtime, () => (adapter ? suite(runtime, adapter) : failure()));
}

/** @param {string[]} command @returns {Promise<Count>} */
async function check([program = "", ...args]) {
  const status = await run(program, args, { timeout: 5 * 60_000 });
  return status === 0 ? { passed: 1, failed: 0, skipped: 0 } : failure();
}

/** @param {import("./vitest.mjs").Runtime} runtime @param {import("./adapter.mjs").Adapter} adapter @returns {Promise<Count>} */
async function suite(runtime, adapter) {
  const path = join(results, `${runtime}.json`);
  const args = ["--reporter=default", "--reporter=json", `--outputFile.json=${path}`];
  const status = await runSuite(runtime, args, adapter);
  const report = await readFile(path, "utf8").then(JSON.parse, () => undefined);
  if (!report) return failure();
  /** @type {Count} */
  const count = {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
  };
  // A file that does not load, an error outside a test, or no test at all: no test says so.
  if (count.failed === 0 && (status !== 0 || count.passed === 0)) count.failed = 1;
  return count;
}

/** @returns {Count} */
function failure() {
  return { passed: 0, failed: 1, skipped: 0 };
}

/** @param {string} name @param {() => Count | Promise<Count>} work */
async function measure(name, work) {
  console.log(`\n== ${name}`);
  const start = performance.now();
  const count = await work();
  rows.push([name, count, (performance.now() - start) / 1000]);
}

function summarize() {
  const total = { passed: 0, failed: 0 };
  console.log("\n== summary");
  for (const [name, { passed, failed, skipped }, seconds] of rows) {
    total.passed += passed;
    total.failed += failed;
    const figures = `${String(passed).padStart(5)} passed ${String(failed).padStart(3)} failed ${String(skipped).padStart(3)} skipped`;
    console.log(`${name.padEnd(8)}${figures}${seconds.toFixed(1).padStart(7)} s`);
  }
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}
