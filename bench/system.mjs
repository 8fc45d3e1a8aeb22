import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { cpus, release, type } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** When and on what machine. */
export function describeMachine() {
  const { model } = cpus()[0] ?? { model: "unknown" };
  return {
    date: new Date().toISOString(),
    cpu: `${cpus().length} × ${model.trim()}`,
    system: `${type()} ${release().split("-")[0]}`,
  };
}

/** What is compared, as it is installed in this checkout. */
export async function readVersions() {
  const version = async (path) => JSON.parse(await readFile(join(root, path, "package.json"), "utf8")).version;
  return {
    chainrule: await version(""),
    commit: commit(),
    tfjs: await version("bench/node_modules/@tensorflow/tfjs"),
    "jax-js": await version("bench/node_modules/@jax-js/jax"),
    "webgpu (Dawn for Node)": await version("node_modules/webgpu"),
  };
}

/** The commit that was measured, with a + where files had changed since. */
function commit() {
  try {
    const git = (...args) => execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: "pipe" }).trim();
    return git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain", "--", "src", "shaders") ? "+" : "");
  } catch {
    return undefined;
  }
}
