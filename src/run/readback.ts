import type { Guard } from "../device/guard.ts";
import { rejectFaults } from "../device/program.ts";

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
  gpu.pushErrorScope("validation");
  gpu.pushErrorScope("out-of-memory");
  const encoder = gpu.createCommandEncoder({ label });
  // One buffer each, since all together may be more than a buffer of the device can hold.
  const stagings = Object.entries<Source>(sources).map(([name, { buffer, offset = 0, bytes }]) => {
    const staging = gpu.createBuffer({ label, size: bytes, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    encoder.copyBufferToBuffer(buffer, offset, staging, 0, bytes);
    return [name, staging] as const;
  });
  gpu.queue.submit([encoder.finish()]);
  const words = Promise.all(
    stagings.map(async ([name, staging]) => [name, await mapWords(guard, staging, staging.size)] as const),
  );
  // A buffer that there was no memory for cannot be mapped, and says less.
  words.catch(() => {});
  try {
    await guard.wait(rejectFaults([gpu.popErrorScope(), gpu.popErrorScope()], label));
    return Object.fromEntries(await words) as Record<N, Words>;
  } finally {
    for (const [, staging] of stagings) staging.destroy();
  }
}

/** Words of 32 bits. */
export type Words = Uint32Array<ArrayBuffer>;

/** Maps the first `bytes` of a staging buffer, copies them out and unmaps. @throws DeviceError */
export async function mapWords(guard: Guard, staging: GPUBuffer, bytes: number): Promise<Words> {
  await guard.wait(staging.mapAsync(GPUMapMode.READ, 0, bytes));
  const words = new Uint32Array(staging.getMappedRange(0, bytes).slice(0));
  staging.unmap();
  return words;
}
