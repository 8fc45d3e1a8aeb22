import { createColours } from "../../draw/colours.ts";
import { contextOf, cssOf, diverging } from "../../draw/cpu.ts";
import { createHeatmaps } from "../../draw/heatmap.ts";
import { createScreen, type Drawing, drawFrame } from "../../draw/screen.ts";
import type { BoardView, Place } from "./contract.ts";

/** Where a tensor's values lie on the GPU. */
export interface GpuSource {
  readonly buffer: GPUBuffer;
  /** Element of the first value. */
  readonly offset?: number;
  readonly stride?: number;
  /** Whether the elements are whole numbers rather than floats. */
  readonly integer?: boolean;
}

/** Where the painter finds the tensors: in the GPU's buffers, or on the CPU where there is no GPU. */
export type Sources =
  | { readonly kind: "gpu"; buffer(name: string): GpuSource }
  | { readonly kind: "cpu"; values(name: string): Float32Array | undefined };

/** Draws every tensor of the board as a heat map. */
export interface BoardPainter {
  /** Prepares what `draw` draws. */
  arrange(view: BoardView, sources: Sources): void;
  /** @returns when the picture is done */
  draw(): Promise<void>;
  dispose(): void;
}

/** By a render pass over the very buffers that the step wrote; nothing is read back. */
export async function createGpuPainter(gpu: GPUDevice, canvas: OffscreenCanvas): Promise<BoardPainter> {
  const screen = createScreen(gpu, canvas, "demo.inside");
  const colours = createColours(gpu, "demo.inside");
  const heatmaps = await createHeatmaps(gpu, screen.format);
  let drawings: Drawing[] = [];
  const forget = () => {
    for (const drawing of drawings) drawing.dispose();
    drawings = [];
  };
  return {
    arrange({ width, height, ratio, palette, strength, places }, sources) {
      forget();
      if (sources.kind !== "gpu") return;
      const pixels = (value: number) => Math.round(value * ratio);
      screen.resize(pixels(width), pixels(height));
      colours.set(palette, screen.width, screen.height);
      drawings = places.map(({ name, x, y, width, height, rows, columns, most }) => {
        const { buffer, offset = 0, stride = 1, integer = false } = sources.buffer(name);
        return heatmaps.prepare(colours.buffer, buffer, [
          {
            x: pixels(x),
            y: pixels(y),
            width: pixels(x + width) - pixels(x),
            height: pixels(y + height) - pixels(y),
            rows,
            columns,
            offset,
            stride,
            integer,
            map: "linear",
            scale: 1 / most,
            strength,
          },
        ]);
      });
    },
    async draw() {
      drawFrame(gpu, "demo.inside.draw", [{ screen, drawings }]);
      await gpu.queue.onSubmittedWorkDone();
    },
    dispose() {
      forget();
      colours.dispose();
    },
  };
}

/** Where there is no GPU. */
export function createCpuPainter(canvas: OffscreenCanvas): BoardPainter {
  const context = contextOf(canvas);
  let scene: { readonly view: BoardView; readonly values: (name: string) => Float32Array | undefined } | undefined;
  return {
    arrange(view, sources) {
      if (sources.kind === "cpu") scene = { view, values: sources.values };
    },
    async draw() {
      if (!scene) return;
      const { view, values } = scene;
      canvas.width = Math.max(1, Math.round(view.width * view.ratio));
      canvas.height = Math.max(1, Math.round(view.height * view.ratio));
      context.scale(view.ratio, view.ratio);
      for (const place of view.places) drawCells(context, view, place, values(place.name) ?? new Float32Array());
    },
    dispose() {
      scene = undefined;
    },
  };
}

function drawCells(
  context: OffscreenCanvasRenderingContext2D,
  { palette, strength }: BoardView,
  { x, y, width, height, rows, columns, most }: Place,
  values: Float32Array,
): void {
  for (let i = 0; i < rows * columns; i++) {
    context.fillStyle = cssOf(diverging(palette, (values[i] ?? 0) / most, strength));
    const [row, column] = [Math.floor(i / columns), i % columns];
    context.fillRect(x + (column * width) / columns, y + (row * height) / rows, width / columns, height / rows);
  }
}
