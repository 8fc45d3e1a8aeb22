import { boundOperands, workgroupsOf } from "../kernels/index.ts";
import { allSteps, bytesOf } from "./memory.ts";
import type { Plan } from "./types.ts";

/** The limits of a device that a plan may run into, named as WebGPU names them. */
export interface Limits {
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxStorageBuffersPerShaderStage: number;
  readonly maxComputeWorkgroupsPerDimension: number;
}

/** What exceeds a limit: a tensor's bytes, or a step's storage buffers or workgroups along one dimension. */
export type Excess = (
  | { readonly of: "bytes"; readonly tensor: string }
  | { readonly of: "buffers" | "workgroups"; readonly step: number }
) & { readonly got: number; readonly most: number };

/** The first of a plan's tensors and steps that exceeds a limit of a device, if any does. */
export function excessOf(plan: Plan, limits: Limits): Excess | undefined {
  const bytes = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  const [buffers, workgroups] = [limits.maxStorageBuffersPerShaderStage, limits.maxComputeWorkgroupsPerDimension];
  const tensors = Object.entries(plan.tensors).map(
    ([tensor, held]): Excess => ({ of: "bytes", tensor, got: bytesOf(held), most: bytes }),
  );
  const steps = allSteps(plan).flatMap((call, step): Excess[] => {
    const stored = boundOperands(call).filter(({ access }) => access !== "uniform");
    return [
      { of: "buffers", step, got: stored.length, most: buffers },
      { of: "workgroups", step, got: Math.max(...(workgroupsOf(call) as readonly number[])), most: workgroups },
    ];
  });
  return [...tensors, ...steps].find(({ got, most }) => got > most);
}
