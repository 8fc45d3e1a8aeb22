import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root } from "../built.ts";
import { runWell } from "./process.ts";

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

/** `npm pack` of dist/ as it is built. */
export async function pack(): Promise<Packed> {
  const folder = mkdtempSync(join(tmpdir(), "chainrule-package-test-"));
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const [{ filename, files }] = JSON.parse(await runWell(root, "npm", args));
  return {
    tarball: join(folder, filename),
    files: files.map(({ path }: { path: string }) => path),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Installs the tarball into an empty folder beside it, from nothing else: npm has no network and an empty cache. */
export async function install({ tarball }: Packed): Promise<Consumer> {
  const folder = join(dirname(tarball), "bare");
  mkdirSync(folder);
  const consumer = consumerIn(folder);
  consumer.write("package.json", JSON.stringify({ private: true, type: "module" }));
  const cache = join(dirname(tarball), "empty-cache");
  await consumer.run("npm", "install", "--offline", "--cache", cache, "--no-audit", "--no-fund", tarball);
  return consumer;
}

/**
 * The same project with more packages in it.
 * @param peers packages that a user would install beside it; linked from this project's own, as there is no network
 */
export function withPeers(consumer: Consumer, peers: readonly string[]): Consumer {
  const folder = join(dirname(consumer.folder), "complete");
  cpSync(consumer.folder, folder, { recursive: true, verbatimSymlinks: true });
  for (const peer of peers) {
    const place = join(folder, "node_modules", peer);
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(join(root, "node_modules", peer), place, "junction");
  }
  return consumerIn(folder);
}

const consumerIn = (folder: string): Consumer => ({
  folder,
  installed: join(folder, "node_modules/chainrule"),
  write: (file, content) => writeFileSync(join(folder, file), content),
  run: (program, ...args) => runWell(folder, program, args),
});

export const readText = (...path: string[]): string => readFileSync(join(...path), "utf8");
