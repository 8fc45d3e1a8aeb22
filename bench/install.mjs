import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../tools/process.mjs";

const bench = fileURLToPath(new URL(".", import.meta.url));

/** Installs what the benchmarks take into bench/node_modules, unless it is there. */
export async function installPeers() {
  const { devDependencies } = JSON.parse(readFileSync(join(bench, "package.json"), "utf8"));
  if (Object.keys(devDependencies).every((name) => existsSync(join(bench, "node_modules", name)))) return;
  const args = ["ci", "--prefix", bench, "--ignore-scripts", "--no-audit", "--no-fund"];
  if ((await run("npm", args, { timeout: 300_000 })) !== 0) throw new Error("bench: npm ci failed in bench/.");
}
