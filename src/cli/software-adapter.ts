import { existsSync } from "node:fs";
import { copyFile, cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Device, openDevice } from "../device/open.ts";
import { DeviceError, ModelError } from "../errors.ts";
import { chromiumPackage, publish, unpackSwiftShader } from "./swiftshader.ts";

/** What `CHAINRULE_ADAPTER` may say: the machine's own adapter only, the software one only, or the first that is there. */
const choices = ["", "own", "swiftshader"];

/**
 * Opens the machine's GPU, or where it has none SwiftShader, a software adapter.
 * @throws DeviceError where there is neither
 */
export async function openAdapter(choice = ""): Promise<Device> {
  if (!choices.includes(choice)) {
    throw new ModelError({
      where: "CHAINRULE_ADAPTER",
      got: `"${choice}"`,
      expected: "swiftshader, own, or nothing",
      remedy: "set it to one of these, or unset it",
    });
  }
  // Without a session's folder, Wayland's library would write an error for every driver that asks it for a display.
  if (process.platform === "linux") process.env.XDG_RUNTIME_DIR ||= "/dev/null";
  if (choice === "own") return openDevice();
  if (choice === "swiftshader" || lacksVulkan()) return openSoftwareDevice();
  return openDevice().catch((error: unknown) => {
    if (error instanceof DeviceError) return openSoftwareDevice(error);
    throw error;
  });
}

/** Whether this Linux has no Vulkan library at all. Asked first, since Dawn itself would write a warning about it. */
function lacksVulkan(): boolean {
  if (process.platform !== "linux") return false;
  try {
    process.dlopen({ exports: {} }, "libvulkan.so.1");
  } catch (error) {
    // Any other complaint is about a library that is there, but no addon of Node.
    return error instanceof Error && error.message.includes("cannot open shared object file");
  }
  return false;
}

/** @param reason why the machine's own adapter does not serve */
async function openSoftwareDevice(reason?: DeviceError): Promise<Device> {
  const got = reason?.got ?? "no Vulkan driver";
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw (
      reason ??
      refuse(
        `${process.platform} on ${process.arch}`,
        "Linux on x64 for the software adapter",
        "unset CHAINRULE_ADAPTER",
      )
    );
  }
  const missing = packages.filter(({ resolve }) => !succeeds(resolve)).map(({ name }) => name);
  if (missing.length > 0) {
    throw refuse(
      `${got}, and no software adapter without ${missing.join(" and ")}`,
      "a GPU with its driver, or the software adapter",
      `install the GPU's driver, or run npm install webgpu ${chromiumPackage}`,
    );
  }
  try {
    const { libraryPath } = await unpackSwiftShader();
    const { create, globals } = await import(pathToFileURL(await placeDawn(libraryPath)).href);
    Object.assign(globalThis, globals);
    return await openDevice({ gpu: create([]) });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw refuse(
      `${got}, and no software adapter (${why})`,
      "a GPU with its driver, or the software adapter",
      "see to what it says",
      cause,
    );
  }
}

/** Both are optional: a machine with a GPU needs the first, the software adapter both. */
const packages = [
  { name: "webgpu", resolve: () => import.meta.resolve("webgpu") },
  { name: "@sparticuz/chromium", resolve: () => import.meta.resolve("@sparticuz/chromium") },
];

function succeeds(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

const refuse = (got: string, expected: string, remedy: string, cause?: unknown) =>
  new DeviceError({ where: "adapter", got, expected, remedy }, { cause });

/**
 * Puts a copy of the package `webgpu` beside SwiftShader, and SwiftShader as the Vulkan library into it; returns the
 * path of its module. Dawn looks for `libvulkan.so.1` beside its own binary first, so that this process needs no
 * LD_LIBRARY_PATH, which would have to be there before it starts.
 */
async function placeDawn(libraryPath: string): Promise<string> {
  const entry = fileURLToPath(import.meta.resolve("webgpu"));
  const source = dirname(entry);
  const { version }: { version: string } = JSON.parse(await readFile(join(source, "package.json"), "utf8"));
  // A folder that is ours alone, as unpackSwiftShader has checked.
  const folder = join(dirname(libraryPath), `webgpu-${version}`);
  const module = join(folder, relative(source, entry));
  const binaries = join("dist", `${process.platform}-${process.arch}`);
  const library = join(binaries, "libvulkan.so.1");
  const needed = [module, join(folder, binaries, "dawn.node"), join(folder, library)];
  const isComplete = () => needed.every((path) => existsSync(path));
  if (isComplete()) return module;

  const staging = await mkdtemp(`${folder}-`);
  try {
    for (const part of ["package.json", relative(source, entry), binaries]) {
      await cp(join(source, part), join(staging, part), { recursive: true });
    }
    await copyFile(join(libraryPath, "libvulkan.so.1"), join(staging, library));
    await publish(staging, folder, isComplete);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return module;
}
