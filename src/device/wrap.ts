import { DeviceError } from "../errors.ts";
import { refuse, show } from "../model/options.ts";

interface Given {
  readonly device?: GPUDevice;
  readonly adapter?: GPUAdapter;
}

/** What is asked of a device before anything is made on it. */
const methods = ["createBuffer", "createComputePipelineAsync", "pushErrorScope", "popErrorScope"] as const;

/**
 * Wraps a device of one's own. `destroy()` leaves the device as it is: whoever made it may draw with it. It is told as a loss, so
 * that all that waits on it ends; buffers are freed by the `dispose()` of what made them.
 * @param describe what an adapter tells of itself
 * @param lossOf the loss of a device
 * @throws ModelError where it is none, or options come along that say how to open another
 */
export function wrapDevice<Info extends { readonly name: string }>(
  options: Given,
  describe: (info: GPUAdapterInfo) => Info,
  lossOf: (gpu: GPUDevice, info: Info) => Promise<DeviceError>,
) {
  const { device: gpu, adapter, ...others } = options;
  const [other] = Object.keys(others);
  if (other !== undefined) {
    refuse("openDevice", `device and ${other}`, "a device that is open already, alone", `leave ${other} out`);
  }
  if (typeof gpu?.lost?.then !== "function" || methods.some((name) => typeof gpu[name] !== "function")) {
    refuse(
      "openDevice",
      `device ${show(gpu)}`,
      "a GPUDevice",
      "give what await adapter.requestDevice() gave, or leave device and adapter out",
    );
  }
  const told = gpu.adapterInfo ?? adapter?.info;
  if (typeof told !== "object") {
    refuse(
      "openDevice",
      "a device that does not tell of its adapter",
      "its adapter too, in this browser",
      "give adapter: the GPUAdapter that the device came from",
    );
  }
  const info = describe(told);
  let destroy = () => {};
  const destroyed = new Promise<DeviceError>((resolve) => {
    destroy = () =>
      resolve(
        new DeviceError({
          where: info.name,
          got: "a device that was given back",
          expected: "a device that works",
          remedy: "wrap it again with openDevice({ device })",
        }),
      );
  });
  return Object.freeze({ gpu, adapter: info, lost: Promise.race([lossOf(gpu, info), destroyed]), destroy });
}
