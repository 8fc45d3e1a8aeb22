import { refusals } from "./refused.ts";

/** What a buffer is to be: its bytes, what it is for, and whether it is mapped at first. */
export type Wanted = Readonly<Omit<GPUBufferDescriptor, "label">>;

/**
 * Makes buffers: all of them, or none.
 * @param label path that their labels begin with; their names follow
 * @throws DeviceError where the device has no memory for them, or permits none so large
 */
export async function makeBuffers<Name extends string>(
  gpu: GPUDevice,
  label: string,
  wanted: Readonly<Record<Name, Wanted>>,
): Promise<Record<Name, GPUBuffer>> {
  const made = {} as Record<Name, GPUBuffer>;
  const make = () => {
    for (const name in wanted) made[name] = gpu.createBuffer({ ...wanted[name], label: `${label}.${name}` });
    return made;
  };
  return rejectFaults(gpu, label, make, wanted).catch((cause) => {
    freeBuffers(made);
    throw cause;
  });
}

export function freeBuffers(buffers: Readonly<Record<string, GPUBuffer>>): void {
  for (const buffer of Object.values(buffers)) buffer.destroy();
}

/**
 * Calls the GPU and waits for what it says of these calls.
 * @param where for messages
 * @param wanted the buffers that are made, of which one may be larger than any can be
 * @returns what `calls` gives
 * @throws DeviceError with the first fault, if there was one
 */
export async function rejectFaults<T>(
  gpu: GPUDevice,
  where: string,
  calls: () => T | Promise<T>,
  wanted: Readonly<Record<string, Wanted>> = {},
): Promise<T> {
  gpu.pushErrorScope("validation");
  gpu.pushErrorScope("out-of-memory");
  const result = calls();
  const faults = await Promise.all([gpu.popErrorScope(), gpu.popErrorScope()]);
  const fault = faults.find(Boolean);
  if (fault) throw (await refusals()).noRoom(where, fault, gpu, wanted);
  return result;
}
