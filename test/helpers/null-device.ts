import { create, globals } from "webgpu";
import { type Device, openDevice } from "../../src/device/open.ts";

/**
 * Dawn's null device: it checks and records every call as another device does, takes as much memory, and runs nothing, so that
 * calls and bytes can be counted of any network. It has the adapter's features and the limits of every WebGPU device.
 *
 * Nothing is copied to the buffers that are mapped either: they are full of zeros, by which no training halts. A report's sums
 * mean nothing.
 * @param byte of which those buffers are full instead, asked for each
 */
export async function openNullDevice(byte = () => 0): Promise<Device> {
  // For good, as the library does when it opens Dawn. Did it not, what test/node starts in processes of their own would fail.
  Object.assign(globalThis, globals);
  // The entry point must live as long as its devices: `openDevice` holds it.
  const device = await openDevice({ gpu: create(["backend=null"]) });
  const { gpu } = device;
  const { createBuffer } = gpu;
  gpu.createBuffer = (descriptor) => {
    if ((descriptor.usage & GPUBufferUsage.MAP_READ) === 0) return createBuffer.call(gpu, descriptor);
    const buffer = createBuffer.call(gpu, { ...descriptor, mappedAtCreation: true });
    new Uint8Array(buffer.getMappedRange()).fill(byte());
    buffer.unmap();
    return buffer;
  };
  return device;
}
