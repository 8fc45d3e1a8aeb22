import type { Guard } from "../device/guard.ts";

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
