import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../tools/process.mjs";

const bench = fileURLToPath(new URL(".", import.meta.url));

/** Installs what the benchmark compares with into bench/node_modules, unless it is there. */
export async function installPeers() {
  if (existsSync(join(bench, "node_modules"))) return;
  const args = ["ci", "--prefix", bench, "--ignore-scripts", "--no-audit", "--no-fund"];
  if ((await run("npm", args, { timeout: 300_000 })) !== 0) throw new Error("bench: npm ci failed in bench/.");
}
