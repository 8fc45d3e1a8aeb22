import { constants, totalmem } from "node:os";
import { type Device, openDevice } from "../device/open.ts";
import { DeviceError, ModelError } from "../errors.ts";
import { show } from "../model/options.ts";
import {
  chromiumPackage,
  isForHere,
  notForHere,
  type SwiftShader,
  unpackSwiftShader,
  unusable,
} from "./swiftshader.ts";

/** What `CHAINRULE_ADAPTER` may say: the machine's own adapter only, the software one only, or the first that is there. */
const choices = ["", "own", "swiftshader"];

/**
 * Opens the machine's GPU, or where it has none SwiftShader, a software adapter.
 * @throws DeviceError where there is neither
 */
export const openAdapter = async (choice = ""): Promise<Device> => bounded(await openChosen(choice));

/**
 * A software adapter with a bound on the memory of a plan, which it takes of the machine's, where the system would end this process
 * or another. A quarter: a parameter is there four times while it is made or saved, in its buffer, on its way, as numbers and in a
 * file.
 */
export function bounded(device: Device): Device {
  if (!device.adapter.software) return device;
  // That of the machine, or of this process's group.
  const memory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  return { ...device, memory: Math.floor(memory / 4) };
}

async function openChosen(choice: string): Promise<Device> {
  if (!choices.includes(choice)) {
    throw new ModelError({
      where: "CHAINRULE_ADAPTER",
      got: show(choice),
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
  if (!isForHere) throw reason ?? notForHere();
  const got = reason?.got ?? "no Vulkan driver";
  const missing = packages.filter(({ resolve }) => !succeeds(resolve)).map(({ name }) => name);
  if (missing.length > 0) {
    throw refuse(
      `${got}, and no software adapter without ${missing.join(" and ")}`,
      "a GPU with its driver, or the software adapter",
      `install the GPU's driver, or run npm install webgpu ${chromiumPackage}`,
    );
  }
  loadSwiftShader(unpackSwiftShader());
  return openDevice().catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw refuse(
      `${got}, and no software adapter (${why})`,
      "a GPU with its driver, or the software adapter",
      "see to what it says",
      cause,
    );
  });
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

/** Of dlopen: has a library stay though it is no addon of Node, and refused as such. */
const RTLD_NODELETE = 0x1000;

/**
 * Has SwiftShader's library be there when Dawn asks for `libvulkan.so.1`, so that this process needs no LD_LIBRARY_PATH, which
 * would have to be there before it starts. Where Dawn holds the machine's Vulkan loader, that is told of it.
 * @throws DeviceError where nothing may be loaded from its folder
 */
function loadSwiftShader({ folder, library, driver }: SwiftShader): void {
  process.env.VK_DRIVER_FILES = driver;
  // As older loaders call it.
  process.env.VK_ICD_FILENAMES = driver;
  try {
    process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_NOW | RTLD_NODELETE);
  } catch (error) {
    const { message } = error as Error;
    if (message.includes("did not self-register")) return;
    const why = message.replace(`${library}: `, "");
    throw unusable(folder, new Error(`a library that does not load from there (${why})`, { cause: error }));
  }
}
