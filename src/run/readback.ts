import { freeBuffers, rejectFaults } from "../device/buffers.ts";
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
 * @returns the words of each, by the names of their sources
 * @throws DeviceError, where there is no memory for the copies too
 */
export async function readBuffers<N extends string>(
  gpu: GPUDevice,
  guard: Guard,
  sources: Readonly<Record<N, Source>>,
): Promise<Record<N, Words>> {
  guard.check();
  const label = "chainrule.read";
  // One buffer each, since all together may be more than a buffer of the device can hold.
  const stagings: Record<string, GPUBuffer> = {};
  const copy = () => {
    const encoder = gpu.createCommandEncoder({ label });
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    for (const [name, { buffer, offset = 0, bytes }] of Object.entries<Source>(sources)) {
      const staging = gpu.createBuffer({ label, size: bytes, usage });
      stagings[name] = staging;
      encoder.copyBufferToBuffer(buffer, offset, staging, 0, bytes);
    }
    gpu.queue.submit([encoder.finish()]);
    const words = Promise.all(
      Object.entries(stagings).map(async ([name, staging]) => [name, await mapWords(guard, staging, staging.size)]),
    );
    // A buffer that there was no memory for cannot be mapped, and says less.
    words.catch(() => {});
    return words;
  };
  try {
    return Object.fromEntries(await guard.wait(rejectFaults(gpu, label, copy))) as Record<N, Words>;
  } finally {
    freeBuffers(stagings);
  }
}

/** Words of 32 bits. */
export type Words = Uint32Array<ArrayBuffer>;

/** Maps the first `bytes` of a staging buffer, copies them out and unmaps. @throws DeviceError */
export async function mapWords(guard: Guard, staging: GPUBuffer, bytes: number): Promise<Words> {
  guard.check();
  await guard.wait(staging.mapAsync(GPUMapMode.READ, 0, bytes));
  const words = new Uint32Array(staging.getMappedRange(0, bytes).slice(0));
  staging.unmap();
  return words;
}
