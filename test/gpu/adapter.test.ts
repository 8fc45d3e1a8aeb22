import { expect, test } from "vitest";

async function openGpu(): Promise<GPU> {
  if (typeof navigator !== "undefined" && navigator.gpu) return navigator.gpu;
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  return create([]);
}

test("a compute shader doubles numbers", async () => {
  const adapter = await (await openGpu()).requestAdapter();
  if (!adapter) throw new Error("no WebGPU adapter");
  const device = await adapter.requestDevice();
  const numbers = new Float32Array([1, 2, 3, 4]);
  const storage = device.createBuffer({
    label: "numbers",
    size: numbers.byteLength,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });
  const readback = device.createBuffer({
    label: "readback",
    size: numbers.byteLength,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(storage, 0, numbers);
  const module = device.createShaderModule({
    label: "double",
    code: `@group(0) @binding(0) var<storage, read_write> numbers: array<f32>;
      @compute @workgroup_size(4) fn main(@builtin(global_invocation_id) id: vec3u) { numbers[id.x] *= 2; }`,
  });
  const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module, entryPoint: "main" } });
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer: storage } }],
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(storage, 0, readback, 0, numbers.byteLength);
  device.queue.submit([encoder.finish()]);
  await readback.mapAsync(GPUMapMode.READ);
  expect([...new Float32Array(readback.getMappedRange())]).toEqual([2, 4, 6, 8]);
  device.destroy();
});
