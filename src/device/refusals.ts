import { DeviceError, ModelError } from "../errors.ts";
import { show } from "../model/options.ts";
import { formatBytes } from "../plan/format-bytes.ts";

export { checkMemory, limitError } from "../plan/limit-error.ts";
export { reasonOf } from "./lost.ts";
export { shaderError } from "./shader-error.ts";
export { wrapDevice } from "./wrap.ts";

/** Why there is no device, or one cannot do what is asked. */

export const noWebGpu = (): DeviceError =>
  new DeviceError({
    where: "openDevice",
    got: "no navigator.gpu",
    expected: "a browser with WebGPU and a page served over https or from localhost",
    remedy: "use a current Chrome, Edge, Firefox or Safari",
  });

/** @param adapter null where the entry point has none, undefined where it cannot be asked for one */
export const noAdapter = (entry: unknown, adapter: null | undefined): DeviceError | ModelError =>
  adapter === null
    ? new DeviceError({
        where: "openDevice",
        got: "no adapter",
        expected: "a GPU with a WebGPU driver (Vulkan, Metal or Direct3D 12), or a software adapter",
        remedy: "install the GPU's driver, or a software adapter such as SwiftShader",
      })
    : new ModelError({
        where: "openDevice",
        got: `gpu ${show(entry)}`,
        expected: "an entry point of WebGPU, such as navigator.gpu",
        remedy: "leave gpu out to take the one there is",
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

/** The error for f16 where it cannot be. @param device by its adapter's name */
export const noRare = (
  { adapter }: { readonly adapter: { readonly name: string } },
  { fuse }: { readonly fuse?: boolean | undefined },
): ModelError | DeviceError => (fuse === false ? noTextbookHalf("createTrainer") : noHalf(adapter.name));

/** @param adapter its name */
const noHalf = (adapter: string): DeviceError =>
  new DeviceError({
    where: `createTrainer: ${adapter}`,
    got: "a device without the feature shader-f16",
    expected: 'one with it, for precision "f16"',
    remedy: "leave precision out, or open the device with the adapter's limits and features on a GPU that has it",
  });

export const noTextbookHalf = (where: string): ModelError =>
  new ModelError({
    where,
    got: 'precision "f16" with fuse: false',
    expected: "the fused plan, as the textbook's steps are all f32",
    remedy: "leave out one of the two",
  });

/** @param wanted the buffers that were asked for */
export function noRoom(
  where: string,
  { message }: GPUError,
  { limits: { maxBufferSize } }: GPUDevice,
  wanted: Readonly<Record<string, { readonly size: number }>>,
): DeviceError {
  const large = Object.entries(wanted).find(([, { size }]) => size > maxBufferSize);
  if (large) {
    return new DeviceError({
      where: `${where}.${large[0]}`,
      got: formatBytes(large[1].size),
      expected: `at most ${formatBytes(maxBufferSize)}, the largest buffer of this device`,
      remedy: "take a smaller network or fewer rows, or open the device with the adapter's limits",
    });
  }
  return new DeviceError({
    where,
    got: message === "" ? "out of memory" : message,
    expected: "objects that fit the device",
    remedy: "take a smaller network, batch or data set, or close other programs that use the GPU",
  });
}
