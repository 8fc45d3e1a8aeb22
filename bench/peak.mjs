/**
 * What the adapter can do at best: multiply-adds out of registers, and copies in its memory.
 *
 * @typedef {object} Peak
 * @property {number} flops A second, counting a multiply-add as two.
 * @property {number} loop The same of a loop with one multiply-add in a statement, which a software adapter masks one by one.
 * @property {number} bytes A second, read and written.
 */

/** Time of one measured submit in ms, at least; the best of `ROUNDS` counts. */
const LEAST = 60;
const ROUNDS = 5;

const WORKGROUP = 64;
const LOOPS = 256;

/** Forms of a multiply-add: a software adapter is slow at `fma`, and a GPU's compiler makes one of `a * b + c`. */
const forms = [(a) => `fma(${a}, m, c)`, (a) => `(${a} * m + c)`];

/** Types, independent chains, and multiply-adds in one expression: what is fastest differs from adapter to adapter. */
const shapes = [
  { type: "vec4f", width: 4, chains: 4, depth: 1 },
  { type: "vec4f", width: 4, chains: 8, depth: 1 },
  { type: "f32", width: 1, chains: 8, depth: 8 },
  { type: "f32", width: 1, chains: 16, depth: 4 },
];

/** Independent chains of multiply-adds that touch no memory until their end. */
const multiplyAdd = (form, { type, chains, depth }) => {
  const each = (text) => Array.from({ length: chains }, (_, i) => text(i)).join("\n    ");
  const chain = (a) => Array.from({ length: depth }).reduce((expression) => form(expression), a);
  return `
@group(0) @binding(0) var<storage, read> given: array<${type}>;
@group(0) @binding(1) var<storage, read_write> result: array<${type}>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let m = given[0];
  let c = given[1];
  ${each((i) => `var a${i} = given[${i + 2}] + ${type}(f32(id.x));`)}
  for (var i = 0u; i < ${LOOPS}u; i++) {
    ${each((i) => `a${i} = ${chain(`a${i}`)};`)}
  }
  result[id.x] = ${Array.from({ length: chains }, (_, i) => `a${i}`).join(" + ")};
}`;
};

const copy = `
@group(0) @binding(0) var<storage, read> given: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> result: array<vec4f>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  result[i] = given[i];
}`;

/** @param {GPUDevice} device @returns {Promise<Peak>} */
export async function measurePeak(device) {
  const threads = 2 ** 16;
  const made = [];
  const buffer = (size) => {
    const one = device.createBuffer({ size, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST });
    made.push(one);
    return one;
  };
  const [given, result] = [buffer(16 * 64), buffer(16 * threads)];
  // a ← a/2 + 1/2 goes to 1: neither overflow nor denormal numbers.
  device.queue.writeBuffer(given, 0, new Float32Array(4 * 64).fill(0.5));
  let [flops, loop] = [0, 0];
  for (const form of forms) {
    for (const shape of shapes) {
      const run = await prepare(device, multiplyAdd(form, shape), given, result);
      const seconds = await fastest(device, run, threads / WORKGROUP, 1);
      const rate = (threads * LOOPS * shape.chains * shape.depth * shape.width * 2) / seconds;
      flops = Math.max(flops, rate);
      if (shape.depth === 1) loop = Math.max(loop, rate);
    }
  }
  // Larger than the caches of most GPUs, and within the limits of every WebGPU device.
  const size = 2 ** 27;
  const run = await prepare(device, copy, buffer(size), buffer(size));
  const groups = size / 16 / WORKGROUP;
  const bytes = (2 * size) / (await fastest(device, run, 2 ** 15, groups / 2 ** 15));
  for (const one of made) one.destroy();
  return { flops, loop, bytes };
}

async function prepare(device, code, given, result) {
  const module = device.createShaderModule({ code });
  const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module, entryPoint: "main" } });
  const entries = [given, result].map((buffer, binding) => ({ binding, resource: { buffer } }));
  const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  return { pipeline, group };
}

/** Seconds of one dispatch, the best of some rounds of as many dispatches as take `LEAST` ms. */
async function fastest(device, { pipeline, group }, x, y) {
  let [dispatches, best] = [1, Number.POSITIVE_INFINITY];
  for (let round = 0; round < ROUNDS; ) {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    for (let i = 0; i < dispatches; i++) pass.dispatchWorkgroups(x, y);
    pass.end();
    const began = performance.now();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    const time = performance.now() - began;
    if (time < LEAST && dispatches < 4096) {
      dispatches = Math.ceil(Math.min(8, (1.2 * LEAST) / Math.max(time, 0.1)) * dispatches);
      continue;
    }
    best = Math.min(best, time / dispatches);
    round++;
  }
  return best / 1000;
}
