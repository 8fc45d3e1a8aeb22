import { DeviceError } from "../errors.ts";

/** Why `openDevice` has no device to give. */

export const noWebGpu = (): DeviceError =>
  new DeviceError({
    where: "openDevice",
    got: "no navigator.gpu",
    expected: "a browser with WebGPU and a page served over https or from localhost",
    remedy: "use a current Chrome, Edge, Firefox or Safari",
  });

export const noAdapter = (): DeviceError =>
  new DeviceError({
    where: "openDevice",
    got: "no adapter",
    expected: "a GPU with a WebGPU driver (Vulkan, Metal or Direct3D 12), or a software adapter",
    remedy: "install the GPU's driver, or a software adapter such as SwiftShader",
  });

/** @param adapter its name */
export const noDevice = (adapter: string, cause: unknown): DeviceError =>
  new DeviceError(
    {
      where: `openDevice: ${adapter}`,
      got: cause instanceof Error ? cause.message : String(cause),
      expected: "a device",
      remedy: "close other programs that use the GPU and try again",
    },
    { cause },
  );
