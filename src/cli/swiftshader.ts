import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, lchown, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { peerDependencies } from "../../package.json";

/**
 * A software WebGPU adapter from npm alone, for machines without a GPU: SwiftShader, which comes with @sparticuz/chromium.
 *
 * Dawn (npm `webgpu`) and Deno load `libvulkan.so.1` by name. SwiftShader's library serves in its place, so a process
 * that starts with `LD_LIBRARY_PATH` naming its folder has an adapter. The variable must be there before the process
 * starts: a program that needs it starts itself again.
 */

export interface SwiftShader {
  /** Folder that holds SwiftShader as `libvulkan.so.1`, and nothing else: for `LD_LIBRARY_PATH` of Node or Deno. */
  readonly libraryPath: string;
  /** The headless Chromium, which carries its own SwiftShader. */
  readonly chromium: string;
  /** Variables with which Chromium needs no system library beyond glibc and libgcc. */
  readonly chromiumEnvironment: Readonly<Record<string, string>>;
}

/** How the package with SwiftShader is installed, in the version whose files are known. */
export const chromiumPackage = `@sparticuz/chromium@${peerDependencies["@sparticuz/chromium"]}`;

/** Of what `fill` writes; raised when that changes, so that an older folder is left alone. */
const LAYOUT = 2;

let unpacked: Promise<SwiftShader> | undefined;

/**
 * Unpacks Chromium and SwiftShader below the system's temporary folder, once per user and version (some 200 MB, 2 s), and
 * returns where they are. Safe to call from several processes at once: each unpacks apart, and a rename publishes the whole.
 * @throws Error where @sparticuz/chromium is not installed, or the machine is not Linux on x86-64.
 */
export function unpackSwiftShader(): Promise<SwiftShader> {
  unpacked ??= unpack();
  return unpacked;
}

async function unpack(): Promise<SwiftShader> {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error(
      `swiftshader: the software adapter is for Linux on x64, but this is ${process.platform} on ${process.arch}; use a machine with a GPU.`,
    );
  }
  const entry = locate();
  const { version }: { version: string } = JSON.parse(await readFile(new URL("../../package.json", entry), "utf8"));
  const folder = join(tmpdir(), `chainrule-swiftshader-${version}-${LAYOUT}-${process.getuid?.()}`);
  if (!isComplete(folder)) {
    const staging = await mkdtemp(join(tmpdir(), "chainrule-unpack-"));
    try {
      await fill(staging, folder, entry);
      await publish(staging, folder, () => isComplete(folder));
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  }
  await assertOwn(folder);
  return locations(folder);
}

const locations = (folder: string): SwiftShader => ({
  libraryPath: join(folder, "vulkan"),
  chromium: join(folder, "chromium"),
  chromiumEnvironment: { LD_LIBRARY_PATH: join(folder, "al2023", "lib"), FONTCONFIG_PATH: join(folder, "fonts") },
});

/** A cleaner of temporary files may have taken some. */
function isComplete(folder: string): boolean {
  const { libraryPath, chromium, chromiumEnvironment } = locations(folder);
  const names = [
    join(libraryPath, "libvulkan.so.1"),
    chromium,
    join(folder, "libvk_swiftshader.so"),
    join(folder, "libvulkan.so.1"),
    ...Object.values(chromiumEnvironment),
  ];
  return names.every((name) => existsSync(name));
}

/** The module of the package that brings SwiftShader. */
function locate(): string {
  try {
    return import.meta.resolve("@sparticuz/chromium");
  } catch {
    throw new Error(`swiftshader: the package with the software adapter is missing; npm install ${chromiumPackage}`);
  }
}

/**
 * In a child process: the package unpacks into `tmpdir()`, takes an existing file there for a whole one, and adds the
 * libraries of Amazon Linux (NSS, which a bare machine lacks) only where it believes itself to be on Lambda.
 * @param folder where it will lie in the end
 */
async function fill(staging: string, folder: string, entry: string): Promise<void> {
  await evaluate(`await (await import(${JSON.stringify(entry)})).default.executablePath();`, {
    ...process.env,
    TMPDIR: staging,
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs20.x",
  });
  const { libraryPath } = locations(staging);
  await mkdir(libraryPath);
  await copyFile(join(staging, "libvk_swiftshader.so"), join(libraryPath, "libvulkan.so.1"));
  await writeFile(join(staging, "fonts", "fonts.conf"), fontsFor(folder));
  const uid = process.getuid?.();
  const gid = process.getgid?.();
  if (uid === 0 && gid !== undefined) {
    // Run as root, unpacking keeps the archive's owner, a stranger's number.
    for (const name of await readdir(staging, { recursive: true })) await lchown(join(staging, name), uid, gid);
  }
}

/** The package's own configuration names folders of Lambda. */
const fontsFor = (folder: string) => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(folder, "fonts")}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${join(folder, "fonts-cache")}</cachedir>
</fontconfig>
`;

/**
 * Makes `staging` the folder, unless a whole one is there already, of which another process may hold files.
 * @param folder below the system's temporary folder
 * @param isComplete whether what is needed is in the folder
 */
export async function publish(staging: string, folder: string, isComplete: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      await rename(staging, folder);
      return;
    } catch (error) {
      // Something is there: another process was first, or it is what a cleaner left, to be moved out of the way.
      if (isComplete()) return;
      if (attempt === 2) throw error;
      await assertOwn(folder);
      const remains = await mkdtemp(join(tmpdir(), "chainrule-remains-"));
      await rename(folder, remains).catch(() => undefined);
      await rm(remains, { recursive: true, force: true });
    }
  }
}

/** Nobody else may plant a library for us to load. */
async function assertOwn(folder: string): Promise<void> {
  const { uid, mode } = await lstat(folder);
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0) {
    throw new Error(`swiftshader: ${folder} belongs to someone else; remove it or set TMPDIR to another folder.`);
  }
}

function evaluate(script: string, env: NodeJS.ProcessEnv) {
  const start = "Deno" in globalThis ? ["eval", script] : ["--input-type=module", "--eval", script];
  return promisify(execFile)(process.execPath, start, { env, timeout: 120_000 });
}
