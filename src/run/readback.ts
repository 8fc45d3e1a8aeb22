import { freeBuffers, rejectFaults } from "../device/buffers.ts";
import type { Guard } from "../device/guard.ts";
import type { Program } from "../device/program.ts";
import { CONTROL_WORDS } from "../kernels/control.ts";
import { decodeControl } from "../kernels/control-after.ts";
import { bytesOf } from "../plan/memory.ts";
import { resolveTensor } from "../plan/resolve.ts";
import type { Read } from "./backend.ts";
import { mapWords, type Words } from "./map.ts";

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

/** Reads tensors of one of the networks that a program trains, and its control block as it is with them. @param index of the network */
export async function readTensors(
  gpu: GPUDevice,
  guard: Guard,
  program: Program,
  names: readonly string[],
  index: number,
): Promise<Read> {
  const sources = Object.fromEntries(["control", ...names].map((name) => [name, placeOf(program, name, index)]));
  const words = await readBuffers(gpu, guard, sources);
  return { words, control: decodeControl(words.control as Words) };
}

/** Where a tensor of one of the networks lies. @throws PlanError */
function placeOf({ plan, buffer }: Program, name: string, index: number): Source {
  const { tensor } = resolveTensor(plan, name);
  const bytes = bytesOf(tensor);
  if (tensor.place === "resident") {
    const resident = buffer("resident");
    const [networks = 1] = plan.tensors.resident?.shape ?? [];
    const first = plan.resident?.[name] ?? 0;
    return { buffer: resident, offset: (resident.size / networks) * index + 4 * first, bytes };
  }
  if (name === "control") return { buffer: buffer(name), offset: 4 * CONTROL_WORDS * index, bytes: 4 * CONTROL_WORDS };
  return { buffer: buffer(name), bytes };
}
