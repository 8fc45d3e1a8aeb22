import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chooseAdapter } from "./adapter.mjs";
import { run } from "./process.mjs";

/**
 * The suites: Dawn in Node, wgpu in Deno, Chromium's Dawn in a page, and the demo in Chromium.
 * @typedef {typeof runtimes[number]} Runtime
 */
export const runtimes = /** @type {const} */ (["node", "deno", "browser", "demo"]);

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);

/**
 * Runs one runtime's suite and returns Vitest's exit status.
 * @param {Runtime} runtime
 * @param {readonly string[]} args Vitest's own, such as a filter.
 * @param {import("./adapter.mjs").Adapter} adapter
 */
export function runSuite(runtime, args, adapter) {
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const suite = [vitest, "run", "--root", root, "--project", runtime, ...args];
  const env = { ...process.env, ...adapter.environment };
  const timeout = 30 * 60_000;
  if (runtime !== "deno") return run(process.execPath, suite, { env, timeout });
  return run(
    denoPath(),
    ["run", "-A", "--no-config", "--no-lock", "--node-modules-dir=manual", "--cached-only", ...suite],
    {
      env: { ...env, DENO_NO_UPDATE_CHECK: "1" },
      timeout,
    },
  );
}

/** The binary itself rather than its Node launcher, which would outlive a kill. */
export function denoPath() {
  const folder = dirname(require.resolve("deno/package.json"));
  const path = join(folder, process.platform === "win32" ? "deno.exe" : "deno");
  return existsSync(path) ? path : require("deno/install_api.cjs").runInstall();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [name, ...args] = process.argv.slice(2);
  const runtime = runtimes.find((known) => known === name);
  if (!runtime) {
    console.error(`vitest: got runtime "${name}", expected one of ${runtimes.join(", ")}.`);
    process.exit(2);
  }
  const adapter = await chooseAdapter(runtime);
  console.log(`adapter: ${adapter.line}`);
  process.exitCode = await runSuite(runtime, args, adapter);
}
