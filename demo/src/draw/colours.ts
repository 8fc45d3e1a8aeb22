import type { Palette } from "../theme.ts";

/** WGSL of the colours shared by all that is drawn: binding 0 of group 0. */
export const coloursSource = /* wgsl */ `
struct Colours { negative: vec4f, zero: vec4f, positive: vec4f, ink: vec4f, size: vec4f }
@group(0) @binding(0) var<uniform> colours: Colours;

/** The colour of a value from −1 to 1. */
fn diverging(value: f32, strength: f32) -> vec3f {
  let end = select(colours.negative.rgb, colours.positive.rgb, value > 0.0);
  return mix(colours.zero.rgb, end, min(abs(value), 1.0) * strength);
}

/** From pixels of the canvas, y downward, to clip space. */
fn clip(pixel: vec2f) -> vec4f {
  return vec4f(pixel / colours.size.xy * vec2f(2.0, -2.0) + vec2f(-1.0, 1.0), 0.0, 1.0);
}
`;

/** The uniform buffer behind `coloursSource`, one a canvas. */
export interface Colours {
  readonly buffer: GPUBuffer;
  /** @param width of the canvas in pixels */
  set(palette: Palette, width: number, height: number): void;
  dispose(): void;
}

export function createColours(gpu: GPUDevice, label: string): Colours {
  const buffer = gpu.createBuffer({ label, size: 80, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
  return {
    buffer,
    set({ negative, zero, positive, ink }, width, height) {
      const values = [...negative, 1, ...zero, 1, ...positive, 1, ...ink, 1, width, height, 0, 0];
      gpu.queue.writeBuffer(buffer, 0, new Float32Array(values));
    },
    dispose: () => buffer.destroy(),
  };
}
