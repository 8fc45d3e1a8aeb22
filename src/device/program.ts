import { boundOperands, dimsOf, workgroupsOf } from "../kernels/index.ts";
import { checkPlan } from "../plan/check.ts";
import { excessOf } from "../plan/limits.ts";
import { addBytes, type Bytes, bufferBytes } from "../plan/memory.ts";
import { resolveTensor } from "../plan/resolve.ts";
import type { Plan, Step, Tensor } from "../plan/types.ts";
import { pipelineFor } from "./pipelines.ts";
import { type Prepared, type RecordSteps, recordSteps } from "./record.ts";

/** A plan on the GPU: its buffers, pipelines and bind groups, each made once. */
export interface Program {
  readonly plan: Plan;
  /** Bytes of the buffers that this program made. */
  readonly memory: Bytes;
  /** The buffer of a tensor. @throws PlanError */
  buffer(name: string): GPUBuffer;
  /** Records so many steps into one compute pass, with what opens and closes a submit; records only. */
  readonly record: RecordSteps;
  /** Frees the buffers that this program made; those shared with it stay. */
  dispose(): void;
}

/** Uniform slices must begin at multiples of this on every WebGPU device. */
const UNIFORM_ALIGNMENT = 256;

/**
 * Makes a plan ready to run: checks it, compiles all its pipelines together and makes its buffers and bind groups.
 * @param label path that the labels of all GPU objects begin with
 * @param shared buffers by tensor name that another program made, such as the parameters
 * @throws PlanError, DeviceError
 */
export async function compileProgram(
  gpu: GPUDevice,
  plan: Plan,
  label: string,
  shared: Readonly<Record<string, GPUBuffer>> = {},
): Promise<Program> {
  checkPlan(plan);
  const excess = excessOf(plan, gpu.limits);
  if (excess) throw (await import("../plan/limit-error.ts")).limitError(plan, excess);
  const opening = plan.opening ?? [];
  const resident = plan.resident && (await import("./resident.ts"));
  const steps = resident ? resident.powers(plan.steps) : [...opening, ...plan.steps, ...plan.closing];
  const pipelines = Promise.all(steps.map((step) => pipelineFor(gpu, step)));
  pipelines.catch(() => {});
  gpu.pushErrorScope("validation");
  gpu.pushErrorScope("out-of-memory");
  const buffers: Record<string, GPUBuffer> = { ...shared };
  const dims = dimsBuffer(gpu, steps, label);
  const own = [dims];
  const memory: Bytes[] = [{ control: dims.size }];
  for (const [name, size] of Object.entries(bufferBytes(plan))) {
    if (buffers[name]) continue;
    const { role } = plan.tensors[name] as Tensor;
    const buffer = gpu.createBuffer({
      label: `${label}.${name}`,
      size,
      usage:
        GPUBufferUsage.STORAGE |
        GPUBufferUsage.COPY_SRC |
        GPUBufferUsage.COPY_DST |
        (role === "control" ? GPUBufferUsage.UNIFORM : 0),
    });
    buffers[name] = buffer;
    own.push(buffer);
    memory.push({ [role]: size });
  }
  /** The buffer that a tensor lies in. */
  const bufferOf = (name: string) => buffers[plan.tensors[name]?.buffer ?? name] as GPUBuffer;
  const dispose = () => {
    for (const buffer of own) buffer.destroy();
  };
  const faults = [gpu.popErrorScope(), gpu.popErrorScope()];
  try {
    await rejectFaults(faults, `${label}: buffers`);
    const compiled = await pipelines;
    gpu.pushErrorScope("validation");
    const prepared = steps.map((step, index): Prepared => {
      const { pipeline, layout } = compiled[index] as (typeof compiled)[number];
      const group = gpu.createBindGroup({
        label: `${label}.${index + 1}.${step.kernel}`,
        layout,
        entries: [
          { binding: 0, resource: { buffer: dims, offset: index * UNIFORM_ALIGNMENT, size: dimsBytes(dimsOf(step)) } },
          ...boundOperands(step).map(({ tensor }, operand) => ({
            binding: operand + 1,
            resource: { buffer: bufferOf(tensor as string) },
          })),
        ],
      });
      return { pipeline, group, workgroups: workgroupsOf(step) };
    });
    await rejectFaults([gpu.popErrorScope()], `${label}: bind groups`);
    const record = resident
      ? resident.recordResident(plan, prepared, buffers, label)
      : recordSteps(
          prepared.slice(0, opening.length),
          prepared.slice(opening.length, opening.length + plan.steps.length),
          prepared.slice(opening.length + plan.steps.length),
          label,
        );
    return {
      plan,
      memory: addBytes(memory),
      buffer: (name) => bufferOf(resolveTensor(plan, name).name),
      record,
      dispose,
    };
  } catch (cause) {
    dispose();
    throw cause;
  }
}

const dimsBytes = (dims: readonly number[]): number => Math.ceil((4 * dims.length) / 16) * 16;

/** The sizes of all steps in one uniform buffer, one slice a step. */
function dimsBuffer(gpu: GPUDevice, steps: readonly Step[], label: string): GPUBuffer {
  const buffer = gpu.createBuffer({
    label: `${label}.dims`,
    size: steps.length * UNIFORM_ALIGNMENT,
    usage: GPUBufferUsage.UNIFORM,
    mappedAtCreation: true,
  });
  const words = new Uint32Array(buffer.getMappedRange());
  steps.forEach((step, index) => {
    words.set(dimsOf(step), (index * UNIFORM_ALIGNMENT) / 4);
  });
  buffer.unmap();
  return buffer;
}

/** @throws DeviceError with the first of the errors that scopes caught, if any */
export async function rejectFaults(faults: readonly Promise<GPUError | null>[], where: string): Promise<void> {
  const fault = (await Promise.all(faults)).find((one) => one !== null);
  if (fault) throw (await import("./refusals.ts")).noRoom(where, fault);
}
