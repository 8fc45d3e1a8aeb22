import { execFile } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";
import { root } from "./built.ts";

/** What dist/ is made of. */
const sources = [
  ...["src", "shaders", "types", "tools/shaders.mjs"],
  ...["package.json", "vite.config.ts", "tsconfig.json", "tsconfig.build.json"],
];

/** One of each part of the build. */
const results = ["dist/index.js", "dist/table.js", "dist/cli.js", "dist/types/src/index.d.ts"];

/** Tests that take what they need from dist/. */
const users = /\/test\/(node\/|counts\/loading\.|demo\/data\.)/;

/**
 * Builds dist/ once, before the tests that use it, where it is not that of the sources as they are. `CHAINRULE_BUILT` says
 * that it was built for this run.
 */
export default async function setup(project: TestProject): Promise<void> {
  if (process.env.CHAINRULE_BUILT || !(await isUsed(project)) || isFresh()) return;
  const env = { ...process.env, NODE_ENV: "production" };
  await promisify(execFile)("npm", ["run", "--silent", "build"], { cwd: root, env }).catch(({ stdout, stderr }) => {
    throw new Error(`npm run build failed:\n${stdout}${stderr}`);
  });
}

async function isUsed(project: TestProject): Promise<boolean> {
  // What to run, as the command line says; not in Vitest's types.
  const { filenamePattern } = project.vitest as { filenamePattern?: string[] };
  const { testFiles } = await project.globTestFiles(filenamePattern);
  return testFiles.some((path) => users.test(path.replaceAll("\\", "/")));
}

function isFresh(): boolean {
  const paths = results.map((path) => join(root, path));
  if (!paths.every((path) => existsSync(path))) return false;
  const built = Math.min(...paths.map((path) => statSync(path).mtimeMs));
  return sources.every((path) => newest(join(root, path)) < built);
}

/** When a file, or anything in a folder, was last changed. */
function newest(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  const inside = readdirSync(path, { recursive: true, encoding: "utf8" });
  return Math.max(stat.mtimeMs, ...inside.map((name) => statSync(join(path, name)).mtimeMs));
}
