import { rejectFaults } from "../device/buffers.ts";
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
 * Reads buffers as they are after all that was submitted before, in one submit.
 * @returns the words of each, in order
 * @throws DeviceError, where there is no memory for the copies too
 */
export async function readBuffers(
  gpu: GPUDevice,
  guard: Guard,
  sources: readonly Source[],
): Promise<Uint32Array<ArrayBuffer>[]> {
  guard.check();
  const label = "chainrule.read";
  let stagings: GPUBuffer[] = [];
  const copy = () => {
    const encoder = gpu.createCommandEncoder({ label });
    // One buffer each, since all together may be more than a buffer of the device can hold.
    stagings = sources.map(({ buffer, offset = 0, bytes }) => {
      const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
      const staging = gpu.createBuffer({ label, size: bytes, usage });
      encoder.copyBufferToBuffer(buffer, offset, staging, 0, bytes);
      return staging;
    });
    gpu.queue.submit([encoder.finish()]);
    const words = Promise.all(stagings.map((staging) => mapWords(guard, staging, staging.size)));
    // A buffer that there was no memory for cannot be mapped, and says less.
    words.catch(() => {});
    return words;
  };
  try {
    return await guard.wait(rejectFaults(gpu, label, copy));
  } finally {
    for (const staging of stagings) staging.destroy();
  }
}

/** Maps the first `bytes` of a staging buffer, copies them out and unmaps. @throws DeviceError */
export async function mapWords(guard: Guard, staging: GPUBuffer, bytes: number): Promise<Uint32Array<ArrayBuffer>> {
  await guard.wait(staging.mapAsync(GPUMapMode.READ, 0, bytes));
  const words = new Uint32Array(staging.getMappedRange(0, bytes).slice(0));
  staging.unmap();
  return words;
}
