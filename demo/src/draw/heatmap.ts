import { coloursSource } from "./colours.ts";
import type { Drawing } from "./screen.ts";
import { createStripPipeline } from "./strips.ts";

/**
 * A tensor, or a part of one, as a heat map. Sample (r, c) is element `offset + (r · columns + c) · stride` of the buffer: a
 * matrix has stride 1, unit u of an activation `[rows, units]` has offset u and stride `units`.
 */
export interface Tile {
  /** Place on the canvas in pixels. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Samples. */
  readonly rows: number;
  readonly columns: number;
  readonly offset: number;
  readonly stride: number;
  /** Offset of samples that are subtracted, such as the other of two logits. */
  readonly minus?: number;
  /** How a value v becomes a colour from −1 to 1, after a multiplication by `scale`: v, 2v − 1, v/(1 + |v|) or tanh(v/2). */
  readonly map: "linear" | "unit" | "squash" | "logit";
  readonly scale?: number;
  /** How far the colours go, 1 if left out. */
  readonly strength?: number;
  /** Whether values between samples are interpolated. */
  readonly smooth?: boolean;
  /** Whether a line runs where the value is 0. */
  readonly contour?: boolean;
  /** Whether the buffer holds whole numbers, u32, rather than f32. */
  readonly integer?: boolean;
}

const maps: readonly Tile["map"][] = ["linear", "unit", "squash", "logit"];
const WORDS = 16;

const source = /* wgsl */ `
${coloursSource}
struct Tile {
  rect: vec4f,
  rows: u32, columns: u32, offset: u32, stride: u32,
  minus: u32, subtract: u32, map: u32, smoothly: u32,
  contour: u32, scale: f32, strength: f32, integer: u32,
}
@group(0) @binding(1) var<storage, read> tiles: array<Tile>;
@group(0) @binding(2) var<storage, read> values: array<u32>;

struct Corner { @builtin(position) position: vec4f, @location(0) uv: vec2f, @location(1) @interpolate(flat) tile: u32 }

@vertex fn corner(@builtin(vertex_index) vertex: u32, @builtin(instance_index) index: u32) -> Corner {
  let uv = vec2f(f32(vertex & 1), f32(vertex >> 1));
  let rect = tiles[index].rect;
  return Corner(clip(rect.xy + uv * rect.zw), uv, index);
}

fn number(tile: Tile, at: u32) -> f32 {
  let word = values[at];
  return select(bitcast<f32>(word), f32(word), tile.integer == 1);
}

fn sampleAt(tile: Tile, cell: vec2i) -> f32 {
  let row = u32(clamp(cell.y, 0, i32(tile.rows) - 1));
  let column = u32(clamp(cell.x, 0, i32(tile.columns) - 1));
  let at = (row * tile.columns + column) * tile.stride;
  let value = number(tile, at + tile.offset);
  return select(value, value - number(tile, at + tile.minus), tile.subtract == 1);
}

@fragment fn colour(in: Corner) -> @location(0) vec4f {
  let tile = tiles[in.tile];
  let place = in.uv * vec2f(f32(tile.columns), f32(tile.rows));
  var value = 0.0;
  if tile.smoothly == 1 {
    let at = place - 0.5;
    let cell = vec2i(floor(at));
    let part = at - floor(at);
    value = mix(
      mix(sampleAt(tile, cell), sampleAt(tile, cell + vec2i(1, 0)), part.x),
      mix(sampleAt(tile, cell + vec2i(0, 1)), sampleAt(tile, cell + vec2i(1, 1)), part.x),
      part.y);
  } else {
    value = sampleAt(tile, vec2i(floor(place)));
  }
  value *= tile.scale;
  let slope = fwidth(value);
  var shade = value;
  switch tile.map {
    case 1u: { shade = 2.0 * value - 1.0; }
    case 2u: { shade = value / (1.0 + abs(value)); }
    case 3u: { shade = tanh(clamp(value, -20.0, 20.0) / 2.0); }
    default: {}
  }
  var result = diverging(shade, tile.strength);
  if tile.contour == 1 && slope > 0.0 {
    let line = 1.0 - smoothstep(0.6, 1.6, abs(value) / slope);
    result = mix(result, colours.ink.rgb, 0.55 * line);
  }
  return vec4f(result, 1.0);
}
`;

/** Draws heat maps out of buffers, without reading them back. */
export interface Heatmaps {
  /**
   * Heat maps of one buffer.
   * @param colours of the canvas that they are drawn on
   */
  prepare(colours: GPUBuffer, values: GPUBuffer, tiles: readonly Tile[]): Drawing;
}

export async function createHeatmaps(gpu: GPUDevice, format: GPUTextureFormat): Promise<Heatmaps> {
  const pipeline = await createStripPipeline(gpu, format, {
    label: "demo.heatmap",
    code: source,
    vertex: "corner",
    transparent: false,
  });
  return {
    prepare(colours, values, tiles) {
      const buffer = gpu.createBuffer({
        label: "demo.heatmap.tiles",
        size: 4 * WORDS * Math.max(1, tiles.length),
        usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
      });
      gpu.queue.writeBuffer(buffer, 0, encode(tiles));
      const group = gpu.createBindGroup({
        label: "demo.heatmap",
        layout: pipeline.getBindGroupLayout(0),
        entries: [colours, buffer, values].map((resource, binding) => ({ binding, resource: { buffer: resource } })),
      });
      return {
        draw(pass) {
          pass.setPipeline(pipeline);
          pass.setBindGroup(0, group);
          pass.draw(4, tiles.length);
        },
        dispose: () => buffer.destroy(),
      };
    },
  };
}

function encode(tiles: readonly Tile[]): ArrayBuffer {
  const words = new Uint32Array(WORDS * tiles.length);
  const floats = new Float32Array(words.buffer);
  tiles.forEach((tile, index) => {
    const at = WORDS * index;
    const { x, y, width, height, rows, columns, offset, stride, minus, map, scale = 1, strength = 1 } = tile;
    floats.set([x, y, width, height], at);
    words.set([rows, columns, offset, stride], at + 4);
    words.set([minus ?? 0, minus === undefined ? 0 : 1, maps.indexOf(map), tile.smooth ? 1 : 0], at + 8);
    words[at + 12] = tile.contour ? 1 : 0;
    floats.set([scale, strength], at + 13);
    words[at + 15] = tile.integer ? 1 : 0;
  });
  return words.buffer;
}
