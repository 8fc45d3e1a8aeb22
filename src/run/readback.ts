import type { Guard } from "../device/guard.ts";

/** A range of a buffer to read. */
export interface Source {
  readonly buffer: GPUBuffer;
  /** Where it begins in bytes, a multiple of 4; 0 if left out. */
  readonly offset?: number;
  /** A multiple of 4. */
  readonly bytes: number;
}

/**
 * Reads buffers as they are after all that was submitted before, in one copy.
 * @returns the words of each, in order
 * @throws DeviceError
 */
export async function readBuffers(
  gpu: GPUDevice,
  guard: Guard,
  sources: readonly Source[],
): Promise<Uint32Array<ArrayBuffer>[]> {
  guard.check();
  const size = sources.reduce((sum, { bytes }) => sum + bytes, 0);
  const staging = gpu.createBuffer({
    label: "chainrule.read",
    size,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  try {
    const encoder = gpu.createCommandEncoder({ label: "chainrule.read" });
    let at = 0;
    for (const { buffer, offset = 0, bytes } of sources) {
      encoder.copyBufferToBuffer(buffer, offset, staging, at, bytes);
      at += bytes;
    }
    gpu.queue.submit([encoder.finish()]);
    const words = await mapWords(guard, staging, size);
    let first = 0;
    return sources.map(({ bytes }) => {
      const slice = words.slice(first, first + bytes / 4);
      first += bytes / 4;
      return slice;
    });
  } finally {
    staging.destroy();
  }
}

/** Maps the first `bytes` of a staging buffer, copies them out and unmaps. @throws DeviceError */
export async function mapWords(guard: Guard, staging: GPUBuffer, bytes: number): Promise<Uint32Array<ArrayBuffer>> {
  await guard.wait(staging.mapAsync(GPUMapMode.READ, 0, bytes));
  const words = new Uint32Array(staging.getMappedRange(0, bytes).slice(0));
  staging.unmap();
  return words;
}
