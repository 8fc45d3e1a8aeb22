import { beforeAll, expect, it, vi } from "vitest";
import { pipelineFor } from "../../../src/device/pipelines.ts";
import { DeviceError } from "../../../src/errors.ts";
import { calls } from "../../helpers/calls.ts";

beforeAll(() => {
  vi.stubGlobal("GPUShaderStage", { COMPUTE: 4 });
  return () => vi.unstubAllGlobals();
});

it("compiles a shader again that failed, and one that did not only once", async () => {
  const failures = ["out of memory"];
  const compile = vi.fn(async () => {
    const failure = failures.pop();
    if (failure !== undefined) throw new Error(failure);
    return {};
  });
  const gpu = {
    pushErrorScope() {},
    popErrorScope: async () => null,
    createBindGroupLayout: () => ({}),
    createPipelineLayout: () => ({}),
    createShaderModule: () => ({ getCompilationInfo: async () => ({ messages: [] }) }),
    createComputePipelineAsync: compile,
  } as object as GPUDevice;
  const [call] = calls;
  if (!call) throw new Error("there are calls");
  const failed = await pipelineFor(gpu, call).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(DeviceError);
  expect(String(failed)).toContain("out of memory");
  const compiled = await pipelineFor(gpu, call);
  expect(await pipelineFor(gpu, call)).toBe(compiled);
  expect(compile).toHaveBeenCalledTimes(2);
});
