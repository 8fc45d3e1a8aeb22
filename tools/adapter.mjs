import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { writeLaunch } from "./browser.mjs";
import { unpackChromium, unpackSwiftShader } from "./swiftshader.mjs";

/**
 * What the test suites run on: this machine's GPU where it has one, SwiftShader otherwise.
 *
 * @typedef {object} Adapter
 * @property {string} line One line for a person.
 * @property {Record<string, string>} environment Variables of a Node or Deno process, and of Vitest's, that uses the adapter.
 */

const softwareFlags = [
  "--use-webgpu-adapter=swiftshader",
  // A WebGPU canvas loses its device at the first present without these.
  "--enable-features=Vulkan",
  "--use-angle=swiftshader",
  "--use-vulkan=swiftshader",
  "--disable-vulkan-surface",
  // Pages are painted faster by the CPU itself than by the CPU as a GPU.
  "--disable-gpu-rasterization",
];

const ownFlags =
  process.platform === "linux"
    ? ["--enable-features=Vulkan", "--use-angle=vulkan", "--disable-vulkan-surface", "--ignore-gpu-blocklist"]
    : [];

/**
 * Chooses the adapter. `CHAINRULE_ADAPTER=swiftshader` asks for the software one, `=own` for the machine's.
 * `CHROME_PATH` names another browser than the packaged Chromium.
 * @param {string} [runtime] Deno's own adapter is not looked for with Dawn, which refuses some that wgpu takes.
 * @returns {Promise<Adapter>}
 */
export async function chooseAdapter(runtime) {
  const wanted = process.env.CHAINRULE_ADAPTER ?? "";
  if (!["", "swiftshader", "own"].includes(wanted)) {
    throw new Error(`adapter: CHAINRULE_ADAPTER is "${wanted}"; set it to swiftshader or own, or leave it out.`);
  }
  const trusted = wanted === "own" && runtime === "deno";
  const found = wanted === "swiftshader" || trusted ? undefined : await findOwnAdapter();
  const own = trusted ? "this machine's own, as Deno finds it" : found;
  if (wanted === "own" && own === undefined) throw new Error("adapter: this machine has no WebGPU adapter of its own.");

  const packaged = process.platform === "linux" && process.arch === "x64";
  const browser = packaged && !process.env.CHROME_PATH ? unpackChromium() : undefined;
  const flags = ["--no-sandbox", "--enable-unsafe-webgpu", "--disable-background-networking"];
  const environment = writeLaunch({
    executablePath: process.env.CHROME_PATH || browser?.chromium,
    args: [...flags, ...(own === undefined ? softwareFlags : ownFlags)],
    env: browser?.environment,
  });
  if (own === undefined) {
    environment.LD_LIBRARY_PATH = unpackSwiftShader().folder;
    // Without Vulkan, Deno would take Mesa's OpenGL where it is installed, and say nothing.
    environment.DENO_WEBGPU_BACKEND = "vulkan";
  }
  return { line: own ?? "SwiftShader, software on the CPU", environment };
}

/**
 * The adapter that Dawn finds on this machine without help, as one line of text, or undefined where there is none.
 * Asked in a process of its own, since a broken driver may crash.
 * @returns {Promise<string | undefined>}
 */
async function findOwnAdapter() {
  const script = `
    const { create } = await import(${JSON.stringify(import.meta.resolve("webgpu"))});
    const adapter = await create([]).requestAdapter();
    if (adapter) {
      const { vendor, architecture, device, description } = adapter.info;
      console.log([description, vendor, architecture, device].filter(Boolean).join(", ") || "unnamed");
    }
    process.exit();`;
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], {
      timeout: 120_000,
    });
    return stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}
