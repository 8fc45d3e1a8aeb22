/** A canvas that the worker draws on from buffers of the GPU that trains. */
export interface Screen {
  readonly width: number;
  readonly height: number;
  readonly format: GPUTextureFormat;
  /** @param width in pixels of the canvas */
  resize(width: number, height: number): void;
  /** Begins to draw the next frame, on a transparent ground. */
  beginPass(encoder: GPUCommandEncoder): GPURenderPassEncoder;
}

export function createScreen(gpu: GPUDevice, canvas: OffscreenCanvas, label: string): Screen {
  const context = canvas.getContext("webgpu");
  if (!context) throw new Error(`${label}: the canvas has no WebGPU context`);
  const format = navigator.gpu.getPreferredCanvasFormat();
  context.configure({ device: gpu, format, alphaMode: "premultiplied" });
  return {
    get width() {
      return canvas.width;
    },
    get height() {
      return canvas.height;
    },
    format,
    resize(width, height) {
      canvas.width = Math.max(1, width);
      canvas.height = Math.max(1, height);
    },
    beginPass: (encoder) =>
      encoder.beginRenderPass({
        label,
        colorAttachments: [
          {
            view: context.getCurrentTexture().createView(),
            clearValue: [0, 0, 0, 0],
            loadOp: "clear",
            storeOp: "store",
          },
        ],
      }),
  };
}

/** Something that is drawn again and again, until what it is made of changes. */
export interface Drawing {
  draw(pass: GPURenderPassEncoder): void;
  dispose(): void;
}

/** What stands on a screen, the lowest first. */
export interface Scene {
  readonly screen: Screen;
  readonly drawings: readonly Drawing[];
}

/** Draws the next frame of some screens, in one submit. */
export function drawFrame(gpu: GPUDevice, label: string, scenes: readonly Scene[]): void {
  const encoder = gpu.createCommandEncoder({ label });
  for (const { screen, drawings } of scenes) {
    const pass = screen.beginPass(encoder);
    for (const drawing of drawings) drawing.draw(pass);
    pass.end();
  }
  gpu.queue.submit([encoder.finish()]);
}
