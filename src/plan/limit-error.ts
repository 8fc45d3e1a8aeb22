import { DeviceError } from "../errors.ts";
import { positive } from "../model/schedule.ts";
import { formatByRole, formatBytes } from "./format-bytes.ts";
import type { Excess } from "./limits.ts";
import { allSteps, bytesByRole, sumBytes } from "./memory.ts";
import type { Plan, Tensor } from "./types.ts";

/** The error for a plan that exceeds a limit of the device. */
export function limitError(plan: Plan, excess: Excess): DeviceError {
  const { got, most } = excess;
  if (excess.of === "bytes") {
    const tensor = plan.tensors[excess.tensor] as Tensor;
    return new DeviceError({
      where: `${plan.mode} plan: tensor ${excess.tensor} [${tensor.shape.join(", ")}]`,
      got: formatBytes(got),
      expected: `at most ${formatBytes(most)}, the largest buffer of this device`,
      remedy: remedyForLimit(plan, tensor),
    });
  }
  const [unit, remedy] = {
    buffers: ["storage buffers", "take a device that allows more: 8 do for every plan of planTraining"],
    workgroups: ["workgroups along one dimension", "take smaller layers or batches"],
  }[excess.of] as [string, string];
  return new DeviceError({
    where: `${plan.mode} plan: step ${excess.step + 1} (${allSteps(plan)[excess.step]?.kernel})`,
    got: `${got} ${unit}`,
    expected: `at most ${most} on this device`,
    remedy,
  });
}

/** @param memory bytes that a plan's buffers may take together @throws DeviceError where they take more; ModelError where it is no number above 0 */
export function checkMemory(plan: Plan, memory: number): void {
  positive("device", "memory", memory);
  const bytes = bytesByRole(plan);
  if (sumBytes(bytes) <= memory) return;
  throw new DeviceError({
    where: `${plan.mode} plan`,
    got: formatByRole(bytes),
    expected: `at most ${formatBytes(memory)}, the memory that there is for this device`,
    remedy: "take smaller layers or batches, or fewer rows",
  });
}

function remedyForLimit({ steps }: Plan, { role }: Tensor): string {
  if (role === "data") return "train on fewer rows or columns at a time";
  const variants = steps.some((step) => step.kernel === "wholeSteps" && step.dims.variants > 1);
  return variants ? "train fewer variants at a time" : "take smaller layers or batches";
}
