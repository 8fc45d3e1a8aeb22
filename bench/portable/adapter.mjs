import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { adapterName } from "../adapter-info.mjs";
import { runApart } from "../apart.mjs";

/**
 * Finds the variables with which a process on this machine has an adapter. Dawn and wgpu load `libvulkan.so.1`, the Vulkan
 * loader, which loads the driver that a JSON file (an ICD) names. A machine made for CUDA may lack the loader, the file, and
 * libraries of X11 that NVIDIA's driver is linked with.
 *
 * @typedef {object} Way
 * @property {string} how
 * @property {Record<string, string>} environment
 */

/** Where NVIDIA's driver may be, besides the folders that every system searches. */
const driverFolders = [
  "/usr/local/nvidia/lib64",
  "/usr/local/nvidia/lib",
  "/usr/lib/wsl/lib",
  "/run/opengl-driver/lib",
];

/** Where the driver's ICD may be. */
const icds = ["/usr/share", "/etc", "/usr/local/share", "/usr/local/nvidia/share", "/run/opengl-driver/share"].flatMap(
  (folder) => ["nvidia_icd.json", "nvidia_icd.x86_64.json"].map((name) => `${folder}/vulkan/icd.d/${name}`),
);

/** What the driver's Vulkan is in: the first needs X11's libraries, the second libglvnd's. */
const driverLibraries = ["libGLX_nvidia.so.0", "libEGL_nvidia.so.0"];

/** Time in ms for an adapter to be found. */
const LIMIT = 30_000;

const joined = (...folders) => folders.filter(Boolean).join(":");

/** `LD_LIBRARY_PATH`, with the folders of NVIDIA's driver that the system may not search. */
export const libraryPath = () =>
  joined(process.env.LD_LIBRARY_PATH, ...driverFolders.filter((folder) => existsSync(folder)));

/** Version of NVIDIA's kernel module, or undefined where there is none. */
export function driverVersion() {
  const path = "/proc/driver/nvidia/version";
  return existsSync(path) ? readFileSync(path, "utf8").split("\n")[0]?.trim() : undefined;
}

/**
 * The first way that gives an adapter: the machine's, or SwiftShader's, which is taken only if asked for.
 * @param {{ command: readonly string[], root: string, scratch: string, software: boolean }} options `command` starts
 * probe.mjs, `root` is the folder of the archive
 * @returns what was found, or a fault; and what was tried before
 */
export async function findAdapter({ command, root, scratch, software }) {
  const tried = [];
  for (const { how, environment } of software ? [swiftShader(root)] : ways(root, scratch)) {
    const env = { ...process.env, ...environment };
    const found = await runApart(command, { env, file: join(scratch, "adapter.json"), timeout: LIMIT });
    if (found?.vendor !== undefined && found.software === software) return { adapter: found, how, environment, tried };
    tried.push(`${how}: ${found === null ? "no adapter" : (found.fault ?? adapterName(found))}`);
  }
  return { fault: "no GPU was found; ./run --swiftshader runs all on the CPU instead", tried };
}

/** @returns {Way} */
function swiftShader(root) {
  return {
    how: "SwiftShader, software on the CPU, which comes along",
    environment: { LD_LIBRARY_PATH: join(root, "lib/swiftshader"), DENO_WEBGPU_BACKEND: "vulkan" },
  };
}

/** @returns {Iterable<Way>} */
function* ways(root, scratch) {
  const vulkan = { DENO_WEBGPU_BACKEND: "vulkan" };
  const path = libraryPath();
  yield { how: "the system's Vulkan", environment: { ...vulkan, LD_LIBRARY_PATH: path } };
  const brought = { ...vulkan, LD_LIBRARY_PATH: joined(path, join(root, "lib/vulkan")) };
  if (!existsSync(join(root, "lib/vulkan/libvulkan.so.1"))) return;
  yield { how: "the Vulkan loader that comes along", environment: brought };
  /** @type {[file: string, name?: string][]} */
  const written = driverLibraries.map((name) => {
    const file = join(scratch, `${name}.json`);
    writeFileSync(
      file,
      JSON.stringify({ file_format_version: "1.0.0", ICD: { library_path: name, api_version: "1.3.0" } }),
    );
    return [file, `a driver file that names ${name}`];
  });
  for (const [file, name = file] of [
    ...icds.filter((one) => existsSync(one)).map((one) => /** @type {[string]} */ ([one])),
    ...written,
  ]) {
    const environment = { ...brought, VK_DRIVER_FILES: file, VK_ICD_FILENAMES: file };
    yield { how: `the Vulkan loader that comes along, with ${name}`, environment };
  }
}
