import type { Guard } from "../device/guard.ts";
import type { Program } from "../device/program.ts";
import { DeviceError } from "../errors.ts";
import { encodeControl } from "../kernels/control.ts";
import type { Probe } from "./types.ts";

/**
 * The forward pass over rows that stay on the GPU.
 * @param x `[rows, columns]` row-major
 * @param free frees the program
 */
export function createProbe(
  gpu: GPUDevice,
  guard: Guard,
  program: Program,
  x: Float32Array<ArrayBuffer>,
  rows: number,
  free: () => void,
): Probe {
  gpu.queue.writeBuffer(program.buffer("control"), 0, encodeControl({ rows }));
  gpu.queue.writeBuffer(program.buffer("x"), 0, x);
  let disposed = false;
  const check = () => {
    guard.check();
    if (!disposed) return;
    throw probeDisposed();
  };
  return {
    rows,
    plan: program.plan,
    run() {
      check();
      const encoder = gpu.createCommandEncoder({ label: "chainrule.probe" });
      program.record(encoder, 1);
      gpu.queue.submit([encoder.finish()]);
    },
    buffer(name) {
      check();
      return program.buffer(name);
    },
    dispose() {
      if (!disposed) free();
      disposed = true;
    },
  };
}

/** What a probe is refused with once it was disposed. */
export const probeDisposed = (): DeviceError =>
  new DeviceError({
    where: "probe",
    got: "a call after dispose()",
    expected: "a probe in use",
    remedy: "make another with probe(inputs)",
  });
