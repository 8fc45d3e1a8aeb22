import { freeBuffers, makeBuffers } from "../device/buffers.ts";
import { createGuard, type Guard } from "../device/guard.ts";
import type { Device } from "../device/open.ts";
import { compileProgram } from "../device/program.ts";
import { CONTROL_WORDS, type ControlField, controlNames, encodeControl } from "../kernels/control.ts";
import { addBytes, type Bytes } from "../plan/memory.ts";
import type { Plan } from "../plan/types.ts";
import type { Backend } from "./backend.ts";
import type { GpuInference } from "./inference.ts";
import type { Network } from "./network.ts";
import { createStepper } from "./stepper.ts";
import type { Probe } from "./types.ts";

/** A plan that trains on the GPU. */
export interface GpuBackend extends Backend<Probe> {
  readonly guard: Guard;
  /** Bytes of all buffers that are there now. */
  memory(): Bytes;
  /** @throws PlanError, DeviceError */
  buffer(name: string): GPUBuffer;
}

/**
 * Compiles a training plan and makes its buffers.
 * @param where name of the user, for messages and labels
 * @param networks that train side by side
 * @throws PlanError, DeviceError
 */
export async function createGpuBackend(
  device: Device,
  where: "trainer" | "sweep",
  network: Network,
  plan: Plan,
  networks = 1,
): Promise<GpuBackend> {
  const { gpu } = device;
  const label = `chainrule.${where}`;
  const guard = createGuard(device, where);
  const made = await guard.wait(make(device, plan, label), free).catch((cause) => {
    guard.close();
    throw cause;
  });
  const { program, stagings } = made;
  const stepper = createStepper(gpu, guard, program, label, networks, Object.values(stagings));
  let inference: GpuInference | undefined;
  let held = true;

  const buffer = (name: string) => {
    guard.check();
    return program.buffer(name);
  };

  return {
    plan,
    guard,
    get step() {
      return stepper.step;
    },
    set step(step) {
      stepper.step = step;
    },
    take: (steps, signal) => stepper.take(steps, signal),
    async read(names, index) {
      const { readTensors } = await import("./readback.ts");
      return readTensors(gpu, guard, program, names, index);
    },
    write(tensors, control = {}) {
      guard.check();
      for (const [name, data] of Object.entries(tensors)) gpu.queue.writeBuffer(program.buffer(name), 0, data);
      const words = encodeControl(control);
      const block = program.buffer("control");
      const fields = Object.keys(control);
      if (fields.length === CONTROL_WORDS) return gpu.queue.writeBuffer(block, 0, words);
      for (const name of fields) {
        const at = controlNames.indexOf(name as ControlField);
        gpu.queue.writeBuffer(block, 4 * at, words, at, 1);
      }
    },
    async inference() {
      const { createInference } = await import("./inference.ts");
      // What is made after the owner was disposed nobody would free.
      guard.check();
      inference ??= createInference(device, guard, network, (name) => program.buffer(name));
      return inference;
    },
    memory: () =>
      held ? addBytes([program.memory, { staging: 2 * stagings.other.size }, inference?.memory() ?? {}]) : {},
    buffer,
    check: guard.check,
    dispose() {
      held = false;
      guard.close();
      inference?.dispose();
      free(made);
    },
  };
}

type Made = Awaited<ReturnType<typeof make>>;

function free({ program, stagings }: Made): void {
  program.dispose();
  freeBuffers(stagings);
}

/** The plan's program, and what takes its ring to the CPU by turns. */
async function make(device: Device, plan: Plan, label: string) {
  const program = await compileProgram(device, plan, label);
  const { size } = program.buffer("ring");
  const wanted = { size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST };
  try {
    return { program, stagings: await makeBuffers(device.gpu, label, { staging: wanted, other: wanted }) };
  } catch (cause) {
    program.dispose();
    throw cause;
  }
}
