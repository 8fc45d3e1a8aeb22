import { boundOperands, dimsOf, workgroupsOf } from "../kernels/index.ts";
import { excessOf } from "../plan/limits.ts";
import { addBytes, type Bytes, bufferBytes } from "../plan/memory.ts";
import { resolveTensor } from "../plan/resolve.ts";
import type { Plan, Role, Step } from "../plan/types.ts";
import { freeBuffers, makeBuffers, rejectFaults, type Wanted } from "./buffers.ts";
import type { Device } from "./open.ts";
import { pipelineFor } from "./pipelines.ts";
import { type Prepared, type RecordSteps, recordSteps } from "./record.ts";
import { refusals } from "./refused.ts";

/** A plan on the GPU: its buffers, pipelines and bind groups, each made once. */
export interface Program {
  readonly plan: Plan;
  /** Bytes of the buffers that this program made. */
  readonly memory: Bytes;
  /** The buffer of a tensor. @throws PlanError */
  buffer(name: string): GPUBuffer;
  /** Records so many steps, with what opens and closes a submit; records only. */
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
  { gpu, memory }: Pick<Device, "gpu" | "memory">,
  plan: Plan,
  label: string,
  shared: Readonly<Record<string, GPUBuffer>> = {},
): Promise<Program> {
  const excess = excessOf(plan, gpu.limits);
  if (excess) throw (await refusals()).limitError(plan, excess);
  if (memory !== undefined) (await refusals()).checkMemory(plan, memory);
  const resident = plan.resident && (await import("./resident.ts"));
  const lists = resident ? [resident.powers(plan.steps)] : [plan.opening ?? [], plan.steps, plan.closing];
  const steps = lists.flat();
  const pipelines = Promise.all(steps.map((step) => pipelineFor(gpu, step)));
  pipelines.catch(() => {});
  // The sizes of the steps are no tensor.
  const roleOf = (name: string): Role => plan.tensors[name]?.role ?? "control";
  const wanted: Record<string, Wanted> = {};
  for (const [name, size] of Object.entries({ dims: steps.length * UNIFORM_ALIGNMENT, ...bufferBytes(plan) })) {
    if (shared[name]) continue;
    const uniform = roleOf(name) === "control" ? GPUBufferUsage.UNIFORM : 0;
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST | uniform;
    wanted[name] = { size, usage, mappedAtCreation: name === "dims" };
  }
  const own = await makeBuffers(gpu, label, wanted);
  const buffers: Readonly<Record<string, GPUBuffer>> = { ...own, ...shared };
  const dims = own.dims as GPUBuffer;
  const words = new Uint32Array(dims.getMappedRange());
  steps.forEach((step, index) => {
    words.set(dimsOf(step), (index * UNIFORM_ALIGNMENT) / 4);
  });
  dims.unmap();
  /** The buffer that a tensor lies in. */
  const bufferOf = (name: string) => buffers[plan.tensors[name]?.buffer ?? name] as GPUBuffer;
  try {
    const compiled = await pipelines;
    let index = 0;
    const prepare = (step: Step): Prepared => {
      const { pipeline, layout } = compiled[index] as (typeof compiled)[number];
      const offset = UNIFORM_ALIGNMENT * index++;
      const group = gpu.createBindGroup({
        label: `${label}.${index}.${step.kernel}`,
        layout,
        entries: [
          { binding: 0, resource: { buffer: dims, offset, size: UNIFORM_ALIGNMENT } },
          ...boundOperands(step).map(({ tensor }, operand) => ({
            binding: operand + 1,
            resource: { buffer: bufferOf(tensor as string) },
          })),
        ],
      });
      return { pipeline, group, workgroups: workgroupsOf(step) };
    };
    const prepared = await rejectFaults(gpu, label, () => lists.map((list) => list.map(prepare)));
    const record = resident
      ? resident.recordResident(plan, prepared.flat(), buffers, label)
      : recordSteps(prepared, label);
    return {
      plan,
      memory: addBytes(Object.entries(own).map(([name, { size }]) => ({ [roleOf(name)]: size }))),
      buffer: (name) => bufferOf(resolveTensor(plan, name).name),
      record,
      dispose: () => freeBuffers(own),
    };
  } catch (cause) {
    freeBuffers(own);
    throw cause;
  }
}
