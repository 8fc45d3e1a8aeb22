import { PIXELS, SIDE } from "../../digits.ts";
import { type Colours, createColours } from "../../draw/colours.ts";
import { contextOf, cssOf, diverging } from "../../draw/cpu.ts";
import { createHeatmaps, type Heatmaps, type Tile } from "../../draw/heatmap.ts";
import { createScreen, type Drawing, drawFrame, type Screen } from "../../draw/screen.ts";
import type { Training } from "../../worker/training.ts";
import type { View } from "./contract.ts";
import { type WeightLayout, weightLayout } from "./layout.ts";

/** Draws the weights of the layer that looks at the pixels, an image for each unit. */
export interface WeightsPainter {
  attach(training: Training, units: number): void;
  view(view: View): void;
  /** @returns when the picture is done */
  draw(): Promise<unknown>;
  dispose(): void;
}

/** A weight of 1/SCALE has the full colour. */
const SCALE = 2.2;

export const createWeightsPainter = async (
  gpu: GPUDevice | undefined,
  canvas: OffscreenCanvas,
  view: View,
): Promise<WeightsPainter> => {
  if (!gpu) return new CpuPainter(canvas, view);
  const screen = createScreen(gpu, canvas, "demo.weights");
  return new GpuPainter(gpu, screen, await createHeatmaps(gpu, screen.format), view);
};

/** Reads the very buffer that training writes, in a render pass. */
class GpuPainter implements WeightsPainter {
  readonly #gpu: GPUDevice;
  readonly #screen: Screen;
  readonly #heatmaps: Heatmaps;
  readonly #colours: Colours;
  #view: View;
  #scene: { readonly weights: GPUBuffer; readonly units: number } | undefined;
  #drawing: Drawing | undefined;

  constructor(gpu: GPUDevice, screen: Screen, heatmaps: Heatmaps, view: View) {
    this.#gpu = gpu;
    this.#screen = screen;
    this.#heatmaps = heatmaps;
    this.#colours = createColours(gpu, "demo.weights");
    this.#view = view;
  }

  attach(training: Training, units: number): void {
    if (!("buffer" in training)) throw new Error("digits: the GPU's painter draws what the GPU trains");
    this.#scene = { weights: training.buffer("W1"), units };
    this.#arrange();
  }

  view(view: View): void {
    this.#view = view;
    this.#arrange();
  }

  async draw(): Promise<void> {
    drawFrame(this.#gpu, "demo.weights", [{ screen: this.#screen, drawings: this.#drawing ? [this.#drawing] : [] }]);
    await this.#gpu.queue.onSubmittedWorkDone();
  }

  dispose(): void {
    this.#drawing?.dispose();
    this.#colours.dispose();
  }

  #arrange(): void {
    if (!this.#scene) return;
    const { weights, units } = this.#scene;
    const { width, ratio, palette } = this.#view;
    const layout = weightLayout(width, units);
    this.#screen.resize(Math.round(layout.width * ratio), Math.round(layout.height * ratio));
    this.#colours.set(palette, this.#screen.width, this.#screen.height);
    this.#drawing?.dispose();
    const tiles = Array.from({ length: units }, (_, unit): Tile => {
      const { x, y } = placeOf(layout, unit);
      const size = layout.size * ratio;
      const place = { x: x * ratio, y: y * ratio, width: size, height: size };
      return { ...place, rows: SIDE, columns: SIDE, offset: unit * PIXELS, stride: 1, map: "linear", scale: SCALE };
    });
    this.#drawing = this.#heatmaps.prepare(this.#colours.buffer, weights, tiles);
  }
}

/** The same picture where there is no GPU. */
class CpuPainter implements WeightsPainter {
  readonly #canvas: OffscreenCanvas;
  #view: View;
  #scene: { readonly training: Training; readonly units: number } | undefined;

  constructor(canvas: OffscreenCanvas, view: View) {
    this.#canvas = canvas;
    this.#view = view;
  }

  attach(training: Training, units: number): void {
    this.#scene = { training, units };
  }

  view(view: View): void {
    this.#view = view;
  }

  async draw(): Promise<void> {
    if (!this.#scene) return;
    const { training, units } = this.#scene;
    const weights = (await training.parameters()).W1 ?? new Float32Array();
    const { width, ratio, palette } = this.#view;
    const layout = weightLayout(width, units);
    this.#canvas.width = Math.round(layout.width * ratio);
    this.#canvas.height = Math.round(layout.height * ratio);
    const context = contextOf(this.#canvas);
    const cell = (layout.size * ratio) / SIDE;
    for (let i = 0; i < units * PIXELS; i++) {
      const { x, y } = placeOf(layout, Math.floor(i / PIXELS));
      const [row, column] = [Math.floor((i % PIXELS) / SIDE), i % SIDE];
      const [left, top] = [x * ratio + column * cell, y * ratio + row * cell];
      context.fillStyle = cssOf(diverging(palette, (weights[i] ?? 0) * SCALE));
      const [right, bottom] = [Math.round(left + cell), Math.round(top + cell)];
      context.fillRect(Math.round(left), Math.round(top), right - Math.round(left), bottom - Math.round(top));
    }
  }

  dispose(): void {}
}

const placeOf = ({ columns, size, gap }: WeightLayout, unit: number) => ({
  x: (unit % columns) * (size + gap),
  y: Math.floor(unit / columns) * (size + gap),
});
