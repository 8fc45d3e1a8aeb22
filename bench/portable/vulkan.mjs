import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { messageOf } from "../asked.mjs";

/**
 * Libraries by which NVIDIA's driver is reached, for machines that were made for CUDA: the Vulkan loader, and what the
 * driver's own libraries are linked with. By the Debian package that holds each.
 */
const libraries = {
  libvulkan1: "libvulkan.so.1",
  libglvnd0: "libGLdispatch.so.0",
  "libx11-6": "libX11.so.6",
  libxext6: "libXext.so.6",
  libxcb1: "libxcb.so.1",
  libxau6: "libXau.so.6",
  libxdmcp6: "libXdmcp.so.6",
  libbsd0: "libbsd.so.0",
  libmd0: "libmd.so.0",
};

/** Where a system keeps its libraries. */
const systemFolders = ["/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib"];

const execute = promisify(execFile);

/**
 * Copies the libraries, out of Debian's packages where apt-get can fetch them, else from this system.
 * @param {string} folder
 * @param {string} licenses folder for the packages' licences
 * @param {string} scratch
 * @returns {Promise<string[]>} those that are nowhere
 */
export async function stageVulkan(folder, licenses, scratch) {
  const unpacked = await fetchPackages(join(scratch, "debian"));
  const missing = [];
  await mkdir(folder, { recursive: true });
  await mkdir(licenses, { recursive: true });
  for (const [name, library] of Object.entries(libraries)) {
    const found = [...systemFolders.map((one) => join(unpacked, one)), ...systemFolders].find((one) =>
      existsSync(join(one, library)),
    );
    if (found) await copyFile(join(found, library), join(folder, library));
    else missing.push(library);
    const licence = [unpacked, "/"].map((one) => join(one, "usr/share/doc", name, "copyright")).find(existsSync);
    if (found && licence) await copyFile(licence, join(licenses, name));
  }
  return missing;
}

/** @returns {Promise<string>} the folder into which Debian's packages were unpacked; empty where there is no apt-get */
async function fetchPackages(folder) {
  await mkdir(folder, { recursive: true });
  try {
    await execute("apt-get", ["-q", "download", ...Object.keys(libraries)], { cwd: folder, timeout: 120_000 });
    for (const name of await readdir(folder)) await execute("dpkg-deb", ["-x", name, "."], { cwd: folder });
  } catch (error) {
    console.log(
      `bundle: apt-get gave no packages (${messageOf(error).trim().split("\n").at(-1)}); taking this system's libraries.`,
    );
  }
  return folder;
}
