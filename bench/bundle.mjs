import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, copyFile, cp, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { denoFlags, denoPath } from "../tools/deno.mjs";
import { run } from "../tools/process.mjs";
import { unpackSwiftShader } from "../tools/swiftshader.mjs";
import { readAsked } from "./asked.mjs";
import { installPeers } from "./install.mjs";
import { stageVulkan } from "./portable/vulkan.mjs";
import { readVersions } from "./system.mjs";

/**
 * Packs the correctness suite and the benchmark for x86-64 Linux machines that have a GPU and its driver, but neither npm
 * nor a network; see README.md. Writes bench/bundle/chainrule-gpu-node.tar.xz and chainrule-gpu-deno.tar.xz.
 */

const usage = `npm run bench:bundle -- [options]
  --runtime node,deno   which archives; both
  --unpacked            only the folders that would be packed`;

const MEGABYTE = 1e6;

const root = fileURLToPath(new URL("..", import.meta.url));
const bench = join(root, "bench");
const output = join(bench, "bundle");

/** The name of the folder in the archive. */
const FOLDER = "chainrule-gpu";

/**
 * @typedef {object} Runtime
 * @property {number} most Bytes of the archive.
 * @property {string} command What starts main.mjs, in the words of a POSIX shell.
 * @property {() => string} binary
 * @property {() => string[]} licences Where the binary's may be.
 */

/** @type {Record<string, Runtime>} */
const runtimes = {
  node: {
    most: 60 * MEGABYTE,
    command: '"$here/bin/node"',
    binary: () => process.execPath,
    licences: () =>
      ["LICENSE", "share/doc/nodejs/LICENSE", "share/doc/node/LICENSE"].map((name) =>
        join(dirname(process.execPath), "..", name),
      ),
  },
  deno: {
    most: 40 * MEGABYTE,
    command: `"$here/bin/deno" run -A ${denoFlags.join(" ")}`,
    binary: denoPath,
    licences: () => [join(root, "node_modules/deno/LICENSE")],
  },
};

/** Needs no more than a shell: no program is called by its name, as PATH may be empty. */
const launcher = (command) => `#!/bin/sh
here=\${0%/*}
[ "$here" != "$0" ] || here=.
exec ${command} "$here/main.mjs" "$@"
`;

const options = readAsked(usage, readOptions);
if (options) await main(options);

/** @throws {Error} where nothing makes sense of it, without a message for help */
function readOptions() {
  const { values } = parseArgs({
    options: {
      runtime: { type: "string", default: Object.keys(runtimes).join() },
      unpacked: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) throw new Error();
  const names = values.runtime.split(",").map((one) => one.trim());
  const unknown = names.find((name) => runtimes[name] === undefined);
  if (unknown !== undefined) {
    throw new Error(`bundle: --runtime has "${unknown}", but there are ${Object.keys(runtimes).join(", ")}.`);
  }
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error(`bundle: this is ${process.platform} on ${process.arch}, but only Linux on x64 can be packed.`);
  }
  return { names, unpacked: values.unpacked };
}

async function main({ names, unpacked }) {
  await installPeers();
  // After that, since it needs them.
  const { buildLibrary, buildPortable } = await import("./build.mjs");
  await buildLibrary();
  const scratch = await mkdtemp(join(tmpdir(), "chainrule-bundle-"));
  try {
    const common = join(scratch, "common");
    await buildPortable(common);
    await stageCommon(common, scratch);
    for (const name of names) {
      const parent = join(output, name);
      await rm(parent, { recursive: true, force: true });
      const runtime = /** @type {Runtime} */ (runtimes[name]);
      await stage(name, runtime, common, join(parent, FOLDER));
      if (unpacked) {
        console.log(join(parent, FOLDER));
        continue;
      }
      await pack(runtime, parent, join(output, `${FOLDER}-${name}.tar.xz`));
      await rm(parent, { recursive: true });
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** What both archives hold. */
async function stageCommon(folder, scratch) {
  await copyFile(join(bench, "portable/pytorch.py"), join(folder, "pytorch.py"));
  await copyFile(join(bench, "portable/README.md"), join(folder, "README.md"));
  await writeFile(join(folder, "versions.json"), JSON.stringify(await readVersions()));
  await cp(join(bench, "dist/chainrule"), join(folder, "lib/chainrule"), { recursive: true });
  const staged = join(folder, "lib/swiftshader/libvulkan.so.1");
  await mkdir(dirname(staged), { recursive: true });
  await copyFile(unpackSwiftShader().library, staged);
  // Whoever unpacks it may not be who runs it.
  await chmod(staged, 0o644);
  const missing = await stageVulkan(join(folder, "lib/vulkan"), join(folder, "licenses"), scratch);
  if (missing.length > 0)
    console.log(`bundle: without ${missing.join(", ")}: neither apt-get nor this system has them.`);
}

/** @param {string} name @param {Runtime} runtime @param {string} common @param {string} folder */
async function stage(name, { binary, command, licences }, common, folder) {
  await cp(common, folder, { recursive: true });
  await mkdir(join(folder, "bin"));
  const staged = join(folder, "bin", name);
  await copyFile(binary(), staged);
  await chmod(staged, 0o755);
  // Fails where the binary needs libraries of this machine's own.
  execFileSync(staged, ["--version"], { env: {}, stdio: "pipe" });
  const licence = licences().find((path) => existsSync(path));
  if (licence) await copyFile(licence, join(folder, "licenses", name));
  else console.log(`bundle: ${name}'s licence was not found beside it; add it before you hand the archive on.`);
  if (name === "node") await stageDawn(join(folder, "node_modules/webgpu"));
  await writeFile(join(folder, "run"), launcher(command), { mode: 0o755 });
}

/** The package webgpu, without the binaries of other systems. */
async function stageDawn(folder) {
  const from = join(root, "node_modules/webgpu");
  for (const name of ["package.json", "index.js", "LICENSE.md", "dist/linux-x64"]) {
    await cp(join(from, name), join(folder, name), { recursive: true });
  }
}

/** @param {Runtime} runtime @param {string} parent @param {string} archive */
async function pack({ most }, parent, archive) {
  const flags = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "-C", parent, "-cf", "-", FOLDER];
  const script = 'set -e; archive=$1; shift; tar "$@" | nice -n 19 xz -9e -T2 > "$archive"';
  const status = await run("bash", ["-o", "pipefail", "-c", script, "pack", archive, ...flags], {
    timeout: 20 * 60_000,
  });
  if (status !== 0) throw new Error(`bundle: tar and xz ended with status ${status}; install tar and xz-utils.`);
  const { size } = await stat(archive);
  console.log(`${archive}: ${(size / MEGABYTE).toFixed(1)} MB of at most ${most / MEGABYTE}`);
  if (size <= most) return;
  await rm(archive);
  throw new Error(`bundle: ${archive} was ${size} bytes, more than ${most}; leave something out.`);
}
