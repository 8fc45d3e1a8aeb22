import { coloursSource } from "../../draw/colours.ts";
import type { Drawing } from "../../draw/screen.ts";
import { createStripPipeline } from "../../draw/strips.ts";
import { type Points, VIEW } from "./points.ts";

const source = /* wgsl */ `
${coloursSource}
struct Mark { at: vec2f, label: f32, padding: f32 }
@group(0) @binding(1) var<storage, read> marks: array<Mark>;
@group(0) @binding(2) var<uniform> look: vec4f; // radius in pixels

struct Vertex { @builtin(position) position: vec4f, @location(0) at: vec2f, @location(1) @interpolate(flat) index: u32 }

@vertex fn corner(@builtin(vertex_index) vertex: u32, @builtin(instance_index) index: u32) -> Vertex {
  let at = (vec2f(f32(vertex & 1), f32(vertex >> 1)) * 2.0 - 1.0) * (look.x + 1.5);
  return Vertex(clip(marks[index].at + at), at, index);
}

/** A dot with a rim in the colour of the ground. */
@fragment fn colour(in: Vertex) -> @location(0) vec4f {
  let mark = marks[in.index];
  let radius = look.x;
  let distance = length(in.at);
  let own = select(colours.negative.rgb, colours.positive.rgb, mark.label > 0.5);
  let inside = 1.0 - smoothstep(radius - 1.6, radius - 0.4, distance);
  let whole = 1.0 - smoothstep(radius - 0.2, radius + 1.0, distance);
  return vec4f(mix(colours.zero.rgb, own, inside), whole);
}
`;

/** Draws the points to learn. */
export interface Marks {
  /** @param size side of the canvas in pixels */
  prepare(colours: GPUBuffer, points: Points, size: number, ratio: number): Drawing;
}

export async function createMarks(gpu: GPUDevice, format: GPUTextureFormat): Promise<Marks> {
  const pipeline = await createStripPipeline(gpu, format, {
    label: "demo.marks",
    code: source,
    vertex: "corner",
    transparent: true,
  });
  return {
    prepare(colours, { train }, size, ratio) {
      const place = (value: number) => ((value + VIEW) / (2 * VIEW)) * size;
      const values = new Float32Array(train.flatMap(({ x, y, label }) => [place(x), place(-y), label, 0]));
      const marks = gpu.createBuffer({
        label: "demo.marks",
        size: values.byteLength,
        usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
      });
      gpu.queue.writeBuffer(marks, 0, values);
      const look = gpu.createBuffer({
        label: "demo.marks.look",
        size: 16,
        usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
      });
      gpu.queue.writeBuffer(look, 0, new Float32Array([3.6 * ratio, 0, 0, 0]));
      const group = gpu.createBindGroup({
        label: "demo.marks",
        layout: pipeline.getBindGroupLayout(0),
        entries: [colours, marks, look].map((resource, binding) => ({ binding, resource: { buffer: resource } })),
      });
      return {
        draw(pass) {
          pass.setPipeline(pipeline);
          pass.setBindGroup(0, group);
          pass.draw(4, train.length);
        },
        dispose() {
          marks.destroy();
          look.destroy();
        },
      };
    },
  };
}
