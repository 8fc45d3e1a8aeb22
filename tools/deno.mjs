import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** How Deno is started: with what npm has installed beside the program, and nothing that it would find or fetch by itself. */
export const denoFlags = ["--no-config", "--no-lock", "--node-modules-dir=manual", "--cached-only"];

/** What its environment has beside that of the process. */
export const denoEnvironment = { DENO_NO_UPDATE_CHECK: "1" };

/** The binary itself rather than its Node launcher, which would outlive a kill. */
export function denoPath() {
  const require = createRequire(import.meta.url);
  const folder = dirname(require.resolve("deno/package.json"));
  const path = join(folder, process.platform === "win32" ? "deno.exe" : "deno");
  return existsSync(path) ? path : require("deno/install_api.cjs").runInstall();
}
