import { DeviceError } from "../errors.ts";
import { boundOperands, dimsOf, workgroupsOf } from "../kernels/index.ts";
import { checkLimits, checkPlan } from "../plan/check.ts";
import { bytesOf } from "../plan/memory.ts";
import { resolveTensor } from "../plan/resolve.ts";
import type { Plan, Step } from "../plan/types.ts";
import { pipelineFor } from "./pipelines.ts";

/** A plan on the GPU: its buffers, pipelines and bind groups, each made once. */
export interface Program {
  readonly plan: Plan;
  /** The buffer of a tensor. @throws PlanError */
  buffer(name: string): GPUBuffer;
  /** Records one step into a compute pass; records only, so that many steps go into one pass and one submit. */
  encode(pass: GPUComputePassEncoder): void;
  /** Records what closes a submit. */
  encodeClosing(pass: GPUComputePassEncoder): void;
  /** Frees the buffers that this program made; those shared with it stay. */
  dispose(): void;
}

/** A dispatch with nothing left to look up. */
interface Prepared {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly x: number;
  readonly y: number;
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
  checkLimits(plan, gpu.limits);
  const steps = [...plan.steps, ...plan.closing];
  // A shader that does not compile rejects its pipeline, with its source; the scope only keeps the browser from warning too.
  gpu.pushErrorScope("validation");
  const pipelines = Promise.all(steps.map((step) => pipelineFor(gpu, step)));
  pipelines.catch(() => {});
  void gpu.popErrorScope();
  gpu.pushErrorScope("validation");
  gpu.pushErrorScope("out-of-memory");
  const buffers: Record<string, GPUBuffer> = {};
  for (const [name, tensor] of Object.entries(plan.tensors)) {
    buffers[name] =
      shared[name] ??
      gpu.createBuffer({
        label: `${label}.${name}`,
        size: bytesOf(tensor),
        usage:
          GPUBufferUsage.STORAGE |
          GPUBufferUsage.COPY_SRC |
          GPUBufferUsage.COPY_DST |
          (tensor.role === "control" ? GPUBufferUsage.UNIFORM : 0),
      });
  }
  const dims = dimsBuffer(gpu, steps, label);
  const own = [dims, ...Object.entries(buffers).flatMap(([name, buffer]) => (shared[name] === buffer ? [] : [buffer]))];
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
            resource: { buffer: buffers[tensor as string] as GPUBuffer },
          })),
        ],
      });
      const [x, y] = workgroupsOf(step);
      return { pipeline, group, x, y };
    });
    await rejectFaults([gpu.popErrorScope()], `${label}: bind groups`);
    const step = prepared.slice(0, plan.steps.length);
    const closing = prepared.slice(plan.steps.length);
    return {
      plan,
      buffer: (name) => buffers[resolveTensor(plan, name).name] as GPUBuffer,
      encode: (pass) => encode(pass, step),
      encodeClosing: (pass) => encode(pass, closing),
      dispose,
    };
  } catch (cause) {
    dispose();
    throw cause;
  }
}

/** Sets a pipeline only where it changes. */
function encode(pass: GPUComputePassEncoder, prepared: readonly Prepared[]): void {
  let current: GPUComputePipeline | undefined;
  for (const { pipeline, group, x, y } of prepared) {
    if (pipeline !== current) pass.setPipeline(pipeline);
    current = pipeline;
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(x, y);
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

async function rejectFaults(faults: readonly Promise<GPUError | null>[], where: string): Promise<void> {
  for (const fault of await Promise.all(faults)) {
    if (fault === null) continue;
    throw new DeviceError({
      where,
      got: fault.message === "" ? "out of memory" : fault.message,
      expected: "objects that fit the device",
      remedy: "take a smaller network, batch or data set, or close other programs that use the GPU",
    });
  }
}
