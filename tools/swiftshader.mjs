import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, lchown, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/**
 * A software WebGPU adapter from npm alone, for machines without a GPU: SwiftShader, which comes with @sparticuz/chromium.
 *
 * Dawn (npm `webgpu`) and Deno load `libvulkan.so.1` by name. SwiftShader's library serves in its place, so a process
 * that starts with `LD_LIBRARY_PATH` naming its folder has an adapter. The variable must be there before the process
 * starts: a program that needs it starts itself again.
 */

/**
 * @typedef {object} SwiftShader
 * @property {string} libraryPath Folder that holds SwiftShader as `libvulkan.so.1`, and nothing else: for `LD_LIBRARY_PATH` of Node or Deno.
 * @property {string} chromium The headless Chromium, which carries its own SwiftShader.
 * @property {Record<string, string>} chromiumEnvironment Variables with which Chromium needs no system library beyond glibc and libgcc.
 */

/** Of what `fill` writes; raised when that changes, so that an older folder is left alone. */
const LAYOUT = 2;

/** @type {Promise<SwiftShader> | undefined} */
let unpacked;

/**
 * Unpacks Chromium and SwiftShader below the system's temporary folder, once per user and version (some 200 MB, 2 s), and
 * returns where they are. Safe to call from several processes at once: each unpacks apart, and a rename publishes the whole.
 * @returns {Promise<SwiftShader>}
 * @throws {Error} where @sparticuz/chromium is not installed, or the machine is not Linux on x86-64.
 */
export function unpackSwiftShader() {
  unpacked ??= unpack();
  return unpacked;
}

/**
 * The adapter that Dawn finds on this machine without help, as one line of text, or undefined where there is none.
 * Asked in a process of its own, since a broken driver may crash.
 * @returns {Promise<string | undefined>}
 * @throws {Error} where npm `webgpu` is not installed.
 */
export async function findOwnAdapter() {
  const webgpu = resolvePackage(() => import.meta.resolve("webgpu"), "webgpu");
  const script = `
    const { create } = await import(${JSON.stringify(webgpu)});
    const adapter = await create([]).requestAdapter();
    if (adapter) {
      const { vendor, architecture, device, description } = adapter.info;
      console.log([description, vendor, architecture, device].filter(Boolean).join(", ") || "unnamed");
    }
    process.exit();`;
  try {
    const { stdout } = await evaluate(script, process.env);
    return stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}

/** @returns {Promise<SwiftShader>} */
async function unpack() {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error(
      `swiftshader: the software adapter is for Linux on x64, but this is ${process.platform} on ${process.arch}; use a machine with a GPU.`,
    );
  }
  const entry = resolvePackage(() => import.meta.resolve("@sparticuz/chromium"), "@sparticuz/chromium@147.0.0");
  const { version } = JSON.parse(await readFile(new URL("../../package.json", entry), "utf8"));
  const folder = join(tmpdir(), `chainrule-swiftshader-${version}-${LAYOUT}-${process.getuid?.()}`);
  if (!(await isComplete(folder))) {
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

/** @param {string} folder @returns {SwiftShader} */
const locations = (folder) => ({
  libraryPath: join(folder, "vulkan"),
  chromium: join(folder, "chromium"),
  chromiumEnvironment: { LD_LIBRARY_PATH: join(folder, "al2023", "lib"), FONTCONFIG_PATH: join(folder, "fonts") },
});

/** A cleaner of temporary files may have taken some. @param {string} folder */
async function isComplete(folder) {
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

/** @param {() => string} resolve @param {string} install @returns {string} */
function resolvePackage(resolve, install) {
  try {
    return resolve();
  } catch {
    throw new Error(`swiftshader: a package for WebGPU outside a browser is missing; npm install ${install}`);
  }
}

/**
 * In a child process: the package unpacks into `tmpdir()`, takes an existing file there for a whole one, and adds the
 * libraries of Amazon Linux (NSS, which a bare machine lacks) only where it believes itself to be on Lambda.
 * @param {string} staging
 * @param {string} folder where it will lie in the end
 * @param {string} entry
 */
async function fill(staging, folder, entry) {
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

/** The package's own configuration names folders of Lambda. @param {string} folder */
const fontsFor = (folder) => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(folder, "fonts")}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${join(folder, "fonts-cache")}</cachedir>
</fontconfig>
`;

/**
 * Makes `staging` the folder, unless a whole one is there already, of which another process may hold files.
 * @param {string} staging
 * @param {string} folder below the system's temporary folder
 * @param {() => Promise<boolean> | boolean} isComplete whether what is needed is in the folder
 */
export async function publish(staging, folder, isComplete) {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      await rename(staging, folder);
      return;
    } catch (error) {
      // Something is there: another process was first, or it is what a cleaner left, to be moved out of the way.
      if (await isComplete()) return;
      if (attempt === 2) throw error;
      await assertOwn(folder);
      const remains = await mkdtemp(join(tmpdir(), "chainrule-remains-"));
      await rename(folder, remains).catch(() => undefined);
      await rm(remains, { recursive: true, force: true });
    }
  }
}

/** Nobody else may plant a library for us to load. @param {string} folder */
async function assertOwn(folder) {
  const { uid, mode } = await lstat(folder);
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0) {
    throw new Error(`swiftshader: ${folder} belongs to someone else; remove it or set TMPDIR to another folder.`);
  }
}

/** @param {string} script @param {NodeJS.ProcessEnv} env */
function evaluate(script, env) {
  const start = "Deno" in globalThis ? ["eval", script] : ["--input-type=module", "--eval", script];
  return promisify(execFile)(process.execPath, start, { env, timeout: 120_000 });
}
