import type { Drawing } from "./screen.ts";
import { createStripPipeline } from "./strips.ts";

const source = /* wgsl */ `
@group(0) @binding(0) var<uniform> columns: u32;
@group(0) @binding(1) var<storage, read> values: array<f32>;  // [rows · columns, 3]

@vertex fn corner(@builtin(vertex_index) vertex: u32) -> @builtin(position) vec4f {
  return vec4f(vec2f(f32(vertex & 1), f32(vertex >> 1)) * 2.0 - 1.0, 0.0, 1.0);
}

@fragment fn colour(@builtin(position) place: vec4f) -> @location(0) vec4f {
  let at = 3 * (u32(place.y) * columns + u32(place.x));
  return vec4f(values[at], values[at + 1], values[at + 2], 1.0);
}
`;

/** Draws red, green and blue from 0 to 1 out of buffers, without reading them back: a sample for each pixel of the canvas. */
export interface Pictures {
  /**
   * @param values `[rows · columns, 3]`
   * @param columns pixels across the canvas
   */
  prepare(values: GPUBuffer, columns: number): Drawing;
}

export async function createPictures(gpu: GPUDevice, format: GPUTextureFormat): Promise<Pictures> {
  const label = "demo.picture";
  const pipeline = await createStripPipeline(gpu, format, {
    label,
    code: source,
    vertex: "corner",
    transparent: false,
  });
  return {
    prepare(values, columns) {
      const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
      const size = gpu.createBuffer({ label: "demo.picture.columns", size: 4, usage });
      gpu.queue.writeBuffer(size, 0, new Uint32Array([columns]));
      const group = gpu.createBindGroup({
        label,
        layout: pipeline.getBindGroupLayout(0),
        entries: [size, values].map((buffer, binding) => ({ binding, resource: { buffer } })),
      });
      return {
        draw(pass) {
          pass.setPipeline(pipeline);
          pass.setBindGroup(0, group);
          pass.draw(4);
        },
        dispose: () => size.destroy(),
      };
    },
  };
}
