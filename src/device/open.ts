import { DeviceError } from "../errors.ts";
import { checkOptions, checkWord, show } from "../model/options.ts";
import { Unfit } from "../model/unfit.ts";
import { refusals } from "./refused.ts";
import { pollsWhileWaiting } from "./runtime.ts";

/** What runs the shaders. */
export interface AdapterInfo {
  /** Vendor, architecture and description as far as the browser tells them, for printing beside every figure. */
  readonly name: string;
  readonly vendor: string;
  /** Vendor, architecture and device, as far as the browser tells them: the hardware without its driver. */
  readonly model: string;
  /** What else the browser says of it, which names the driver in Dawn. */
  readonly driver: string;
  /** Whether the adapter is a program on the CPU, whose times say nothing about a GPU. */
  readonly software: boolean;
  /** Invocations that run in lockstep: few on a software adapter, at least 32 on a GPU. */
  readonly lanes: number;
}

/** An open GPU. Made by `openDevice`. */
export interface Device {
  readonly gpu: GPUDevice;
  readonly adapter: AdapterInfo;
  /**
   * Most bytes that the buffers of a plan may take together: one that needs more is refused before any of them is made. `openDevice`
   * knows of none. A software adapter takes the machine's own memory, for want of which a system ends the whole process: whoever
   * knows how much there is says so by `{ ...device, memory }`.
   */
  readonly memory?: number;
  /** Settles when the device is lost or destroyed, with the reason. */
  readonly lost: Promise<DeviceError>;
  /**
   * Frees the device and all that was made on it; a Node process ends only once its devices are destroyed. A device that was
   * given to `openDevice` stays open: what waits on it ends, and `dispose()` of each trainer frees its buffers.
   */
  destroy(): void;
}

export interface OpenOptions {
  /** The WebGPU entry point; `navigator.gpu`, or in Node that of the package `webgpu`, if left out. */
  readonly gpu?: GPU;
  /**
   * `adapter` (if left out) asks for this adapter's own limits on buffers and workgroups, and for the features that help;
   * `default` takes those that every WebGPU device has.
   */
  readonly limits?: "adapter" | "default";
  /** Which of two GPUs to ask for; `"high-performance"` if left out. A browser may overrule it. */
  readonly powerPreference?: GPUPowerPreference;
  /** A device of one's own, in place of all the above. It stays open when what `openDevice` gives is destroyed. */
  readonly device?: GPUDevice;
  /** The adapter that `device` came from, where the device does not tell of it: only newer browsers have `adapterInfo`. */
  readonly adapter?: GPUAdapter;
}

/** Limits worth raising to what the adapter has. */
const raised = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
] as const;

/** Features worth having where the adapter has them. */
const wanted = ["timestamp-query", "shader-f16", "subgroups"] as const;

/** Entry points by device: Dawn for Node takes its devices down with the entry point that they came from. */
const entries = new WeakMap<GPUDevice, GPU>();

/**
 * Opens the GPU in a page, a worker, Deno or Node.
 * @throws DeviceError where there is no WebGPU, no adapter, or the adapter refuses
 */
export async function openDevice(options: OpenOptions = {}): Promise<Device> {
  const given = checkOptions("openDevice", options, { gpu: 0, limits: 0, powerPreference: 0, device: 0, adapter: 0 });
  // An entry point or a device of one's own comes without what Dawn for Node calls a usage.
  if (!("GPUBufferUsage" in globalThis)) await webgpu();
  if ("device" in given || "adapter" in given) {
    return (await refusals()).wrapDevice(given, describe, lossOf);
  }
  const { limits = "adapter", powerPreference = "high-performance" } = given;
  checkWord("openDevice", "limits ", limits, ["adapter", "default"]);
  checkWord("openDevice", "powerPreference ", powerPreference, ["high-performance", "low-power"]);
  const entry = given.gpu ?? (await webgpu());
  // Plain JavaScript may give something else as the entry point, which has no such method.
  const adapter = await (entry as Partial<GPU>).requestAdapter?.({ powerPreference });
  if (!adapter) throw (await refusals()).noAdapter(entry, adapter);
  const info = describe(adapter.info);
  const gpu = await request(adapter, limits).catch(async (cause: unknown) => {
    throw (await refusals()).noDevice(info.name, cause);
  });
  if (pollsWhileWaiting()) (await import("./polling.ts")).pollWhileCompiling(gpu);
  const lost = lossOf(gpu, info);
  entries.set(gpu, entry);
  return Object.freeze({ gpu, adapter: info, lost, destroy: () => gpu.destroy() });
}

/** Settles when a device is lost, with the reason. */
const lossOf = (gpu: GPUDevice, { name }: AdapterInfo): Promise<DeviceError> =>
  gpu.lost.then(
    ({ reason, message }) =>
      new DeviceError({
        where: name,
        got: reason === "destroyed" ? "a device that was destroyed" : `a lost device (${message || reason})`,
        expected: "a device that works",
        remedy: "open the device again and load the last checkpoint",
      }),
  );

/** @throws Unfit for a ModelError unless `device` is one */
export function checkDevice(where: string, device: Device): void {
  if (device?.gpu?.features && device.adapter && (device.lost as unknown)) return;
  throw new Unfit("noDevice", [where, show(device)]);
}

async function webgpu(): Promise<GPU> {
  const { navigator } = globalThis as { navigator?: { gpu?: GPU } };
  if (navigator?.gpu) return navigator.gpu;
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  if (process?.versions?.node) return (await import("./dawn.ts")).dawn();
  throw (await refusals()).noWebGpu();
}

function describe(info: GPUAdapterInfo): AdapterInfo {
  const { vendor, architecture, device, description, isFallbackAdapter, subgroupMinSize } = info;
  const parts = [vendor, architecture, architecture ? "" : device, description].filter(Boolean);
  // Adapters repeat themselves: a part that another one says too is left out.
  const repeated = (part: string) =>
    parts.some((other) => other !== part && other.toLowerCase().includes(part.toLowerCase()));
  const name = parts.filter((part) => !repeated(part)).join(" ");
  const software =
    isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|basic render/i.test(`${architecture} ${device} ${name}`);
  // Some GPUs can run fewer in lockstep than they are fast with.
  const lanes = software ? subgroupMinSize || 4 : Math.max(32, subgroupMinSize || 0);
  const model = [vendor, architecture, device].filter(Boolean).join(" ");
  return Object.freeze({ name: name || "unnamed adapter", vendor, model, driver: description, software, lanes });
}

const request = (adapter: GPUAdapter, limits: "adapter" | "default"): Promise<GPUDevice> =>
  adapter.requestDevice(
    limits === "default"
      ? {}
      : {
          requiredLimits: Object.fromEntries(raised.map((name) => [name, adapter.limits[name]])),
          requiredFeatures: wanted.filter((feature) => adapter.features.has(feature)),
        },
  );
