import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { peerDependencies } from "../../package.json";
import { DeviceError } from "../errors.ts";
import { fileError } from "./files.ts";
import { filesIn } from "./tar.ts";
import { placeOwn, readPlain, removeCutShort } from "./whole-file.ts";

/**
 * A software WebGPU adapter from npm alone, for machines without a GPU: SwiftShader, which comes with @sparticuz/chromium.
 *
 * Dawn (npm `webgpu`) and Deno load `libvulkan.so.1` by name. SwiftShader's library serves in its place, so a process has an
 * adapter that starts with `LD_LIBRARY_PATH` naming its folder, or has loaded the library before it asks.
 */

/** How the package with SwiftShader is installed, in the version whose files are known. */
export const chromiumPackage = `@sparticuz/chromium@${peerDependencies["@sparticuz/chromium"]}`;

/** Bytes, four times as many as there are. */
const MOST_UNPACKED = 2 ** 26;

/** A file that is there as soon as its content is what is expected, whoever put it there. */
interface Expected {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
  make(): Uint8Array;
}

/**
 * Of the version in package.json, as `unpackLibrary` gives it. Known here and not taken from the package when it is unpacked, so
 * that nothing need be kept of it that could be replaced together with the library.
 */
const library: Expected = {
  name: "libvulkan.so.1",
  size: 6_026_040,
  sha256: "6dbe3e8cf97724e39f67bf41f3159890da1106a72f6091a6f36be900c8ba1b32",
  make: unpackLibrary,
};

/** Names the library to a Vulkan loader, where the machine has one that finds no driver. */
const text = Buffer.from(
  JSON.stringify({ file_format_version: "1.0.0", ICD: { library_path: `./${library.name}`, api_version: "1.1.0" } }),
);
const driver: Expected = { name: "driver.json", size: text.length, sha256: hash(text), make: () => text };

/** Whether the package's SwiftShader runs on such a machine. */
export const isForHere = process.platform === "linux" && process.arch === "x64";

export const notForHere = (): DeviceError =>
  new DeviceError({
    where: "adapter",
    got: `${process.platform} on ${process.arch}`,
    expected: "Linux on x64 for the software adapter",
    remedy: "unset CHAINRULE_ADAPTER, on a machine with a GPU",
  });

/** Where SwiftShader is. */
export interface SwiftShader {
  /** Folder that holds it as `libvulkan.so.1`: for `LD_LIBRARY_PATH` of Node or Deno. */
  readonly folder: string;
  readonly library: string;
  /** What names it to a Vulkan loader: for `VK_DRIVER_FILES`. */
  readonly driver: string;
}

/**
 * Unpacks SwiftShader below the system's temporary folder, once per user and version (6 MB, 0.2 s), and returns where it is. At
 * each call what lies there is hashed, and replaced unless it is what it should be. Safe to call from several processes at once.
 * @throws DeviceError where @sparticuz/chromium is missing or damaged, the folder does not serve, or the machine is not Linux on x86-64
 */
export function unpackSwiftShader(): SwiftShader {
  const folder = ownFolder("swiftshader");
  try {
    removeCutShort(folder);
    for (const file of [library, driver]) {
      if (!isIn(file, folder)) placeOwn(join(folder, file.name), file.make());
    }
  } catch (error) {
    throw error instanceof DeviceError ? error : unusable(folder, error);
  }
  return { folder, library: join(folder, library.name), driver: join(folder, driver.name) };
}

/**
 * A folder for what is unpacked from the package, below the system's temporary one.
 * @throws DeviceError unless nobody else can plant a library there for us to load
 */
export function ownFolder(content: string): string {
  if (!isForHere) throw notForHere();
  const version = peerDependencies["@sparticuz/chromium"];
  const folder = join(resolve(tmpdir()), `chainrule-${content}-${version}-${process.getuid?.()}`);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw unusable(folder, error);
  }
  const stat = lstatSync(folder);
  if (stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o077) === 0) return folder;
  throw new DeviceError({
    where: folder,
    got: stat.isDirectory() ? "a folder that belongs to someone else, or that others may use" : "no folder",
    expected: "one's own, for the software adapter",
    remedy: "remove it, or set TMPDIR to another folder",
  });
}

function isIn({ name, size, sha256 }: Expected, folder: string): boolean {
  try {
    const content = readPlain(join(folder, name), size);
    return content !== undefined && hash(content) === sha256;
  } catch {
    // Too long, a link, a pipe: to be replaced.
    return false;
  }
}

function hash(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** @throws DeviceError where the package does not hold what is known of it */
function unpackLibrary(): Uint8Array {
  let cause: unknown;
  try {
    const archive = new URL("../../bin/swiftshader.tar.br", import.meta.resolve("@sparticuz/chromium"));
    const files = [...filesIn(brotliDecompressSync(readFileSync(archive), { maxOutputLength: MOST_UNPACKED }))];
    const content = files.find(({ name }) => name === "libvk_swiftshader.so")?.content;
    // A library that is loaded is found by the name that it gives itself: it is given Vulkan's.
    const at = content?.indexOf("libvk_swiftshader.so\0") ?? -1;
    content?.set(Buffer.from(`${library.name}\0`), Math.max(at, 0));
    if (content && hash(content) === library.sha256) return content;
  } catch (error) {
    cause = error;
  }
  throw new DeviceError(
    {
      where: "@sparticuz/chromium",
      got: "a package without the software adapter that is known of it",
      expected: chromiumPackage,
      remedy: `remove node_modules/@sparticuz/chromium, and run npm install ${chromiumPackage}`,
    },
    { cause },
  );
}

/** @param cause of a file that cannot be written, or a library that does not load */
export function unusable(folder: string, cause: unknown): DeviceError {
  const { where, got, expected, remedy } = fileError(
    folder,
    cause,
    "a folder with room for the software adapter's 6 MB, from which libraries may be loaded",
    "make room, or set TMPDIR to another folder",
  );
  return new DeviceError({ where, got, expected, remedy }, { cause });
}
