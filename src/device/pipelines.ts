import { sourceOf } from "../../shaders/index.ts";
import { boundOperands, type Call } from "../kernels/index.ts";
import { refusals } from "./refused.ts";

/** The compiled shader of one or more steps. */
export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** Pipelines by source, one cache a device: steps whose source is the same share one. */
const caches = new WeakMap<GPUDevice, Map<string, Promise<Pipeline>>>();

/**
 * Compiles the shader of a call, or finds it compiled.
 * @throws DeviceError with the shader's messages and its numbered source
 */
export async function pipelineFor(gpu: GPUDevice, call: Call): Promise<Pipeline> {
  const source = await sourceOf(call);
  let cache = caches.get(gpu);
  if (cache === undefined) {
    cache = new Map();
    caches.set(gpu, cache);
  }
  const found = cache.get(source);
  if (found !== undefined) return found;
  const pipeline = compile(gpu, call, source);
  cache.set(source, pipeline);
  // What it lacked, such as memory, may be there by the next time.
  pipeline.catch(() => cache.delete(source));
  return pipeline;
}

/** Lets go of a shader that no call is to use again; programs that have it keep it. */
export async function forgetPipeline(gpu: GPUDevice, call: Call): Promise<void> {
  caches.get(gpu)?.delete(await sourceOf(call));
}

/** Layouts follow from the descriptor: `layout: "auto"` would drop the bindings that a variant does not use. */
function layoutEntries(call: Call): GPUBindGroupLayoutEntry[] {
  const types = {
    uniform: "uniform",
    read: "read-only-storage",
    readWrite: "storage",
  } as const;
  return [
    { binding: 0, visibility: GPUShaderStage.COMPUTE, buffer: { type: "uniform" } },
    ...boundOperands(call).map(
      ({ access }, index): GPUBindGroupLayoutEntry => ({
        binding: index + 1,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: types[access] },
      }),
    ),
  ];
}

async function compile(gpu: GPUDevice, call: Call, source: string): Promise<Pipeline> {
  const label = `chainrule.${call.kernel}`;
  // A shader that does not compile rejects its pipeline, with its source; the scope only keeps the browser from warning too.
  gpu.pushErrorScope("validation");
  const layout = gpu.createBindGroupLayout({ label, entries: layoutEntries(call) });
  const module = gpu.createShaderModule({ label, code: source });
  const compiling = gpu.createComputePipelineAsync({
    label,
    layout: gpu.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
    compute: { module, entryPoint: "main" },
  });
  gpu.popErrorScope().catch(() => {});
  try {
    return { pipeline: await compiling, layout };
  } catch (cause) {
    throw await (await refusals()).shaderError(call, source, module, cause);
  }
}
