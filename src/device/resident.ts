import type { Plan, Step } from "../plan/types.ts";
import { encode, type Prepared, type RecordSteps } from "./record.ts";

/** Numbers of steps, as powers of two, that a plan of whole steps can run in one dispatch. */
const POWERS = 10;

/** One call for each power of two of steps. */
export const powers = (steps: readonly Step[]): Step[] =>
  steps.flatMap((step): Step[] =>
    step.kernel === "wholeSteps"
      ? Array.from({ length: POWERS }, (_, power) => ({ ...step, dims: { ...step.dims, steps: 2 ** power } }))
      : [step],
  );

/**
 * Whole steps: parameters and state go into `resident`, dispatches of 2ⁿ steps add up to `steps`, and all come back out.
 * @param prepared the calls that `powers` gives
 */
export function recordResident(
  plan: Plan,
  prepared: readonly Prepared[],
  buffers: Readonly<Record<string, GPUBuffer>>,
  label: string,
): RecordSteps {
  const resident = buffers.resident as GPUBuffer;
  const copies = Object.entries(plan.resident ?? {}).flatMap(([name, offset]) => {
    const buffer = buffers[name];
    return buffer ? [{ buffer, offset: 4 * offset, bytes: buffer.size }] : [];
  });
  return (encoder, steps) => {
    for (const { buffer, offset, bytes } of copies) encoder.copyBufferToBuffer(buffer, 0, resident, offset, bytes);
    const pass = encoder.beginComputePass({ label });
    // No dispatch takes more than about half the submit, so that none runs for long.
    for (let left = steps; left > 0; ) {
      const most = Math.min(left, Math.max(1, Math.ceil(steps / 2)));
      const power = Math.min(prepared.length - 1, Math.floor(Math.log2(most)));
      encode(pass, prepared.slice(power, power + 1));
      left -= 2 ** power;
    }
    pass.end();
    for (const { buffer, offset, bytes } of copies) encoder.copyBufferToBuffer(resident, offset, buffer, 0, bytes);
  };
}
