import type { Plan, Probe, ReferenceProbe } from "chainrule";
import { contextOf } from "../../draw/cpu.ts";
import { createPictures, type Pictures } from "../../draw/picture.ts";
import { createScreen, type Drawing, drawFrame, type Screen } from "../../draw/screen.ts";
import type { Training } from "../../worker/training.ts";
import type { Grid } from "./features.ts";
import { CHANNELS } from "./psnr.ts";

/** Draws what a network makes of a picture, a pixel of the canvas for each point. */
export interface PicturePainter {
  /**
   * @param inputs of the points, `[rows · columns, inputs]`
   * @returns the forward pass that is drawn from
   */
  attach(training: Training, grid: Grid, inputs: Float32Array): Promise<Plan>;
  /** Draws no more of a network that goes away; the last picture stays. */
  detach(): void;
  /** @returns when the picture is done */
  draw(): Promise<unknown>;
  /** The picture as a PNG. */
  save(): Promise<Blob>;
}

export const createPainter = async (gpu: GPUDevice | undefined, canvas: OffscreenCanvas): Promise<PicturePainter> => {
  if (!gpu) return new CpuPainter(canvas);
  const screen = createScreen(gpu, canvas, "demo.picture");
  return new GpuPainter(gpu, canvas, screen, await createPictures(gpu, screen.format));
};

/** Reads the very buffer that the forward pass writes, in a render pass. */
class GpuPainter implements PicturePainter {
  readonly #gpu: GPUDevice;
  readonly #canvas: OffscreenCanvas;
  readonly #screen: Screen;
  readonly #pictures: Pictures;
  #scene: { readonly probe: Probe; readonly drawing: Drawing } | undefined;

  constructor(gpu: GPUDevice, canvas: OffscreenCanvas, screen: Screen, pictures: Pictures) {
    this.#gpu = gpu;
    this.#canvas = canvas;
    this.#screen = screen;
    this.#pictures = pictures;
  }

  async attach(training: Training, { columns, rows }: Grid, inputs: Float32Array): Promise<Plan> {
    if (!("buffer" in training)) throw new Error("image: the GPU's painter draws what the GPU trains");
    this.detach();
    const probe = await training.probe(inputs);
    if (this.#screen.width !== columns || this.#screen.height !== rows) this.#screen.resize(columns, rows);
    this.#scene = { probe, drawing: this.#pictures.prepare(probe.buffer("o"), columns) };
    return probe.plan;
  }

  detach(): void {
    this.#scene?.drawing.dispose();
    this.#scene?.probe.dispose();
    this.#scene = undefined;
  }

  async draw(): Promise<void> {
    if (this.#submit()) await this.#gpu.queue.onSubmittedWorkDone();
  }

  save(): Promise<Blob> {
    // A canvas has the frame only until the task that drew it ends.
    this.#submit();
    return this.#canvas.convertToBlob();
  }

  #submit(): boolean {
    if (!this.#scene) return false;
    const { probe, drawing } = this.#scene;
    probe.run();
    drawFrame(this.#gpu, "demo.picture", [{ screen: this.#screen, drawings: [drawing] }]);
    return true;
  }
}

/** The same picture where there is no GPU. */
class CpuPainter implements PicturePainter {
  readonly #canvas: OffscreenCanvas;
  #scene: { readonly probe: ReferenceProbe; readonly grid: Grid } | undefined;

  constructor(canvas: OffscreenCanvas) {
    this.#canvas = canvas;
  }

  async attach(training: Training, grid: Grid, inputs: Float32Array): Promise<Plan> {
    if ("buffer" in training) throw new Error("image: the CPU's painter draws what the CPU trains");
    this.detach();
    const probe = await training.probe(inputs);
    this.#scene = { probe, grid };
    return probe.plan;
  }

  detach(): void {
    this.#scene?.probe.dispose();
    this.#scene = undefined;
  }

  async draw(): Promise<void> {
    if (!this.#scene) return;
    const { probe, grid } = this.#scene;
    probe.run();
    const image = new ImageData(grid.columns, grid.rows);
    probe.values("o").forEach((value, i) => {
      image.data[4 * Math.floor(i / CHANNELS) + (i % CHANNELS)] = 255 * value;
    });
    for (let pixel = 0; pixel < grid.columns * grid.rows; pixel++) image.data[4 * pixel + 3] = 255;
    this.#canvas.width = grid.columns;
    this.#canvas.height = grid.rows;
    contextOf(this.#canvas).putImageData(image, 0, 0);
  }

  async save(): Promise<Blob> {
    await this.draw();
    return this.#canvas.convertToBlob();
  }
}
