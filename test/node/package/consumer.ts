import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runWell } from "./process.ts";

export const root = fileURLToPath(new URL("../../..", import.meta.url));

/** The package as it would be published. */
export interface Packed {
  readonly tarball: string;
  /** Names of the files in it. */
  readonly files: readonly string[];
  remove(): void;
}

/** A folder with the packed library installed in it, as somebody's project. */
export interface Consumer {
  readonly folder: string;
  /** The installed package's folder. */
  readonly installed: string;
  write(name: string, content: string): void;
  /** Runs a program in the folder, which must succeed. @returns what it wrote to stdout */
  run(program: string, ...args: string[]): Promise<string>;
}

/** `npm pack`, after a build if there is none yet: `npm test` builds before the suites. */
export async function pack(): Promise<Packed> {
  const built = ["dist/index.js", "dist/cli.js", "dist/types/src/index.d.ts"];
  if (!built.every((path) => existsSync(join(root, path)))) await runWell(root, "npm", ["run", "build"]);
  const folder = mkdtempSync(join(tmpdir(), "chainrule-package-test-"));
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const [{ filename, files }] = JSON.parse(await runWell(root, "npm", args));
  return {
    tarball: join(folder, filename),
    files: files.map(({ path }: { path: string }) => path),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/**
 * Installs the tarball into an empty folder beside it, from nothing else: npm has no network and an empty cache.
 * @param peers packages that a user would install beside it; linked from this project's own, as there is no network
 */
export async function install({ tarball }: Packed, name: string, peers: readonly string[]): Promise<Consumer> {
  const folder = join(dirname(tarball), name);
  mkdirSync(folder);
  const write = (file: string, content: string) => writeFileSync(join(folder, file), content);
  const execute = (program: string, ...args: string[]) => runWell(folder, program, args);
  write("package.json", JSON.stringify({ private: true, type: "module" }));
  const cache = join(dirname(tarball), "empty-cache");
  await execute("npm", "install", "--offline", "--cache", cache, "--no-audit", "--no-fund", tarball);
  for (const peer of peers) {
    const place = join(folder, "node_modules", peer);
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(join(root, "node_modules", peer), place, "junction");
  }
  return { folder, installed: join(folder, "node_modules/chainrule"), write, run: execute };
}

export const readText = (...path: string[]): string => readFileSync(join(...path), "utf8");
