import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chooseAdapter } from "./adapter.mjs";
import { denoEnvironment, denoFlags, denoPath } from "./deno.mjs";
import { run } from "./process.mjs";

/**
 * The suites, each with the projects of vite.config.ts that it runs: what needs no GPU, Dawn in Node, the command line and the
 * package, wgpu in Deno, Chromium's Dawn in a page, and the demo in Chromium.
 */
export const suites = /** @type {const} */ ({
  unit: ["unit"],
  gpu: ["gpu"],
  command: ["command"],
  deno: ["deno"],
  browser: ["browser"],
  demo: ["demo"],
});

/** What `npm run test:…` runs: a suite, or all three of Node. */
const runtimes = { ...suites, node: ["unit", "gpu", "command"] };

/** @typedef {keyof typeof runtimes} Runtime */

/** A suite that hangs ends too: more than ten times what any takes in ms. */
const LIMIT = 60 * 60_000;

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Runs one runtime's suite and returns Vitest's exit status.
 * @param {Runtime} runtime
 * @param {readonly string[]} args Vitest's own, such as a filter.
 * @param {import("./adapter.mjs").Adapter} adapter
 * @param {NodeJS.ProcessEnv} [variables] more of its environment
 */
export function runSuite(runtime, args, adapter, variables) {
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const projects = runtimes[runtime].flatMap((project) => ["--project", project]);
  const suite = [vitest, "run", "--root", root, ...projects, ...args];
  const env = { ...process.env, ...adapter.environment, ...variables };
  if (runtime !== "deno") return run(process.execPath, suite, { env, timeout: LIMIT });
  const command = ["run", "-A", ...denoFlags, ...suite];
  return run(denoPath(), command, { env: { ...env, ...denoEnvironment }, timeout: LIMIT });
}

/** @param {string | undefined} name @returns {name is Runtime} */
const isRuntime = (name) => name !== undefined && Object.hasOwn(runtimes, name);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [runtime, ...args] = process.argv.slice(2);
  if (!isRuntime(runtime)) {
    console.error(`vitest: got runtime "${runtime}", expected one of ${Object.keys(runtimes).join(", ")}.`);
    process.exit(2);
  }
  const adapter = await chooseAdapter(runtime);
  console.log(`adapter: ${adapter.line}`);
  process.exitCode = await runSuite(runtime, args, adapter);
}
