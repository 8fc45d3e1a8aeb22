import { coloursSource } from "../../draw/colours.ts";
import type { Drawing } from "../../draw/screen.ts";
import { createStripPipeline } from "../../draw/strips.ts";
import type { Column } from "./layout.ts";

/** Pieces of one curve. */
const SEGMENTS = 14;

const source = /* wgsl */ `
${coloursSource}
struct Columns {
  before: vec3f, // x, y of the first, pitch
  inputs: u32,
  after: vec3f,
  subtract: u32,
  ratio: f32,
}
@group(0) @binding(1) var<uniform> columns: Columns;
@group(0) @binding(2) var<storage, read> weights: array<f32>; // W [units, inputs]

struct Vertex { @builtin(position) position: vec4f, @location(0) side: f32, @location(1) @interpolate(flat) weight: f32, @location(2) @interpolate(flat) half: f32 }

/** A curve from a unit of the layer before to one of this layer, as wide and as strong as its weight. */
@vertex fn curve(@builtin(vertex_index) vertex: u32, @builtin(instance_index) index: u32) -> Vertex {
  var weight = weights[index];
  // Minus the first row: of two outputs what counts is the difference.
  if columns.subtract > 0 { weight = weights[index + columns.subtract] - weight; }
  let t = f32(vertex >> 1) / ${SEGMENTS}.0;
  let side = f32(vertex & 1) * 2.0 - 1.0;
  let start = columns.before.xy + vec2f(0.0, f32(index % columns.inputs) * columns.before.z);
  let end = columns.after.xy + vec2f(0.0, f32(index / columns.inputs) * columns.after.z);
  let s = t * t * (3.0 - 2.0 * t);
  let at = vec2f(mix(start.x, end.x, t), mix(start.y, end.y, s));
  let along = normalize(vec2f(end.x - start.x, (end.y - start.y) * 6.0 * t * (1.0 - t)));
  let half = columns.ratio * clamp(0.8 * abs(weight), 0.1, 1.7) + 0.4;
  return Vertex(clip(at + vec2f(-along.y, along.x) * side * (half + 0.7)), side * (half + 0.7), weight, half);
}

@fragment fn colour(in: Vertex) -> @location(0) vec4f {
  let edge = 1.0 - smoothstep(in.half - 0.7, in.half + 0.7, abs(in.side));
  let strength = clamp(0.1 + abs(in.weight) * 0.4, 0.0, 0.85);
  let end = select(colours.negative.rgb, colours.positive.rgb, in.weight > 0.0);
  return vec4f(end, edge * strength);
}
`;

export interface LinksPlace {
  readonly before: Column;
  readonly after: Column;
  /** Side of a tile in pixels of the canvas. */
  readonly size: number;
  readonly ratio: number;
  /** Weights of the first output row, where the links show the second less the first. */
  readonly minus: number | undefined;
}

/** Draws the weights of a layer as links between units, out of the parameter's own buffer. */
export interface Links {
  prepare(colours: GPUBuffer, weights: GPUBuffer, place: LinksPlace): Drawing;
}

export async function createLinks(gpu: GPUDevice, format: GPUTextureFormat): Promise<Links> {
  const pipeline = await createStripPipeline(gpu, format, {
    label: "demo.links",
    code: source,
    vertex: "curve",
    transparent: true,
  });
  return {
    prepare(colours, weights, { before, after, size, ratio, minus }) {
      const buffer = gpu.createBuffer({
        label: "demo.links",
        size: 48,
        usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
      });
      const words = new Float32Array(12);
      const whole = new Uint32Array(words.buffer);
      words.set([before.x * ratio + size, before.y * ratio + size / 2, before.pitch * ratio], 0);
      whole[3] = before.units;
      words.set([after.x * ratio, after.y * ratio + size / 2, after.pitch * ratio], 4);
      whole[7] = minus ?? 0;
      words[8] = ratio;
      gpu.queue.writeBuffer(buffer, 0, words);
      const group = gpu.createBindGroup({
        label: "demo.links",
        layout: pipeline.getBindGroupLayout(0),
        entries: [colours, buffer, weights].map((resource, binding) => ({ binding, resource: { buffer: resource } })),
      });
      return {
        draw(pass) {
          pass.setPipeline(pipeline);
          pass.setBindGroup(0, group);
          pass.draw(2 * (SEGMENTS + 1), before.units * after.units);
        },
        dispose: () => buffer.destroy(),
      };
    },
  };
}
