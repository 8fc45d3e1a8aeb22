import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chooseAdapter } from "./adapter.mjs";
import { dearer, dearest, readCosts } from "./costs.mjs";
import { run } from "./process.mjs";
import { runSuite } from "./vitest.mjs";

/**
 * `test.mjs [fast | full]`: all that a tier tests, of which test/README.md has a table. `fast` is `npm test`; `full`, which is
 * `npm run test:all`, is what it leaves. Each builds first. Suites run side by side, each whatever became of the others. Their
 * reports stay in test-results. The last line is `N passed, N failed`.
 *
 * @typedef {{ passed: number, failed: number, skipped: number }} Count
 * @typedef {import("./vitest.mjs").Runtime} Runtime
 */

const tiers = {
  fast: { checks: ["types", "lint", "regexps"], suites: ["demo", "gpu", "deno", "command", "browser", "unit"] },
  full: { checks: [], suites: ["demo", "browser", "deno", "gpu", "command", "unit"] },
};

const checks = {
  types: ["npm", "run", "--silent", "types"],
  lint: [process.execPath, "node_modules/@biomejs/biome/bin/biome", "ci"],
  regexps: ["npm", "run", "--silent", "regexps"],
  build: ["npm", "run", "--silent", "build"],
};

/** Pipelines that the fast tier may compile in Node: more than half of its time is theirs. */
const MOST_PIPELINES = 450;

/** @type {Count} */
const success = { passed: 1, failed: 0, skipped: 0 };
/** @type {Count} */
const failure = { passed: 0, failed: 1, skipped: 0 };

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const name = process.argv[2] ?? "fast";
if (!Object.hasOwn(tiers, name)) {
  console.error(`test: got "${name}", expected one of ${Object.keys(tiers).join(", ")}.`);
  process.exit(2);
}
const tier = /** @type {{ checks: (keyof typeof checks)[], suites: Runtime[] }} */ (Reflect.get(tiers, name));
const results = join("test-results", name);
await rm(results, { recursive: true, force: true });
await mkdir(results, { recursive: true });

/** @type {[name: string, count: Count, seconds: number][]} */
const rows = [];

// Before the suites: those of the command line, of the package and of the demo run what it built.
await measure("build", () => check(checks.build));
const adapter = await chooseAdapter().catch((error) => {
  console.error(error);
  return undefined;
});
console.log(`\nadapter: ${adapter?.line ?? "none"}`);

/** The longest first. @type {(() => Promise<void>)[]} */
const tasks = [
  ...tier.suites.map((suite) => () => measure(suite, () => (adapter ? test(suite, adapter) : failure))),
  ...tier.checks.map((one) => () => measure(one, () => check(checks[one]))),
];
// One more than there are cores: each waits for browsers and timers now and then.
const queue = tasks.values();
await Promise.all(Array.from({ length: availableParallelism() + 1 }, () => inTurn(queue)));
await summarize();

/** @param {Iterable<() => Promise<void>>} tasks that others may take from too */
async function inTurn(tasks) {
  for (const task of tasks) await task();
}

/** @param {string[]} command @returns {Promise<Count>} */
async function check([program = "", ...args]) {
  const status = await run(program, args, { timeout: 60 * 60_000 });
  return status === 0 ? success : failure;
}

/** @param {Runtime} suite @param {import("./adapter.mjs").Adapter} adapter @returns {Promise<Count>} */
async function test(suite, adapter) {
  const path = join(results, `${suite}.report.json`);
  const args = ["--reporter=default", "--reporter=json", `--outputFile.json=${path}`];
  const status = await runSuite(suite, args, adapter, {
    CHAINRULE_TIER: name,
    CHAINRULE_BUILT: "true",
    CHAINRULE_PIPELINES: join(process.cwd(), results, `${suite}.pipelines.jsonl`),
  });
  const report = await readFile(path, "utf8").then(JSON.parse, () => undefined);
  if (!report) return failure;
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

/** @param {string} name @param {() => Count | Promise<Count>} work */
async function measure(name, work) {
  console.log(`\n== ${name}`);
  const start = performance.now();
  const count = await work();
  rows.push([name, count, (performance.now() - start) / 1000]);
}

async function summarize() {
  const costs = (await readCosts(results)).filter(({ suite }) => ["unit", "gpu", "command"].includes(suite));
  const pipelines = costs.reduce((sum, cost) => sum + cost.pipelines, 0);
  console.log(`\n== the dearest files in Node, of ${pipelines} pipelines in all`);
  for (const { suite, file, seconds, pipelines } of dearest(costs)) {
    console.log(`${seconds.toFixed(1).padStart(7)} s ${String(pipelines).padStart(4)} pipelines  ${suite} ${file}`);
  }
  for (const line of await dearer(name, costs)) console.log(line);
  if (name === "fast") rows.push(["pipelines", pipelines <= MOST_PIPELINES ? success : failure, 0]);
  const total = { passed: 0, failed: 0 };
  console.log("\n== summary");
  for (const [name, { passed, failed, skipped }, seconds] of rows) {
    total.passed += passed;
    total.failed += failed;
    const figures = `${String(passed).padStart(5)} passed ${String(failed).padStart(3)} failed ${String(skipped).padStart(3)} skipped`;
    console.log(`${name.padEnd(24)}${figures}${seconds.toFixed(1).padStart(7)} s`);
  }
  await writeFile(join(results, "summary.json"), JSON.stringify(total));
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}
