import type { Guard } from "../device/guard.ts";
import { hardwareOf } from "../device/hardware.ts";
import type { Device } from "../device/open.ts";
import { compileProgram, type Program } from "../device/program.ts";
import { DeviceError } from "../errors.ts";
import { CONTROL_WORDS, controlNames } from "../kernels/control.ts";
import { buildPredictPlan } from "../plan/build.ts";
import type { Bytes } from "../plan/memory.ts";
import { fuse } from "../plan/passes/fuse.ts";
import type { Network } from "./network.ts";
import { checkRows } from "./rows.ts";
import type { ByteScale, Probe } from "./types.ts";
import { floatsOf } from "./unpack.ts";

/**
 * Compiles the forward pass over rows that stay on the GPU.
 * @param parameters GPU buffers by name, read as they are at each run
 * @param given `[rows, columns]` row-major
 * @param keep takes the program once it is compiled, and frees it where its owner was disposed meanwhile
 * @throws ModelError, DataError, PlanError, DeviceError
 */
export async function createProbe(
  device: Device,
  guard: Guard,
  { layers, loss, inputs }: Network,
  parameters: Readonly<Record<string, GPUBuffer>>,
  given: ArrayLike<number>,
  byteScale: ByteScale,
  keep: (program: Program) => Program,
): Promise<Probe & { readonly memory: Bytes }> {
  const { gpu } = device;
  guard.check();
  const { rows, values } = checkRows("probe", given, inputs, byteScale);
  const plan = fuse(buildPredictPlan({ layers, loss, batch: rows, hardware: hardwareOf(device) }));
  const program = await guard.wait(compileProgram(gpu, plan, "chainrule.probe", parameters).then(keep));
  const control = new Uint32Array(CONTROL_WORDS);
  control[controlNames.indexOf("rows")] = rows;
  gpu.queue.writeBuffer(program.buffer("control"), 0, control);
  gpu.queue.writeBuffer(program.buffer("x"), 0, floatsOf(values, 0, rows * inputs));
  let disposed = false;
  return {
    rows,
    plan,
    run() {
      guard.check();
      if (disposed) {
        const remedy = "make another with probe(inputs)";
        throw new DeviceError({ where: "probe", got: "a call after dispose()", expected: "a probe in use", remedy });
      }
      const encoder = gpu.createCommandEncoder({ label: "chainrule.probe" });
      program.record(encoder, 1);
      gpu.queue.submit([encoder.finish()]);
    },
    memory: program.memory,
    buffer: program.buffer,
    dispose() {
      disposed = true;
      program.dispose();
    },
  };
}
