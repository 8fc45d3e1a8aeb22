import type { Probe, Trainer } from "chainrule";
import { type Colours, createColours } from "../../draw/colours.ts";
import { createHeatmaps, type Heatmaps, type Tile } from "../../draw/heatmap.ts";
import { createScreen, type Drawing, drawFrame, type Screen } from "../../draw/screen.ts";
import type { Training } from "../../worker/training.ts";
import type { View } from "./contract.ts";
import { layoutOf } from "./layout.ts";
import { createLinks, type Links } from "./links.ts";
import { createMarks, type Marks } from "./marks.ts";
import type { RunOptions } from "./options.ts";
import { type Canvases, depth, grid, type Painter, response, tensorOf, widthOf } from "./painter.ts";
import type { Points } from "./points.ts";

/** Samples a side of the grid over the plane. */
const SIDE = 48;

/**
 * Draws by render passes that read the very buffers that training writes: the parameters, and the outputs of every layer over a
 * grid. Nothing is read back and nothing waits.
 */
export async function createGpuPainter(gpu: GPUDevice, canvases: Canvases, first: View): Promise<Painter> {
  const surface = createScreen(gpu, canvases.surface, "demo.surface");
  const network = createScreen(gpu, canvases.network, "demo.network");
  const [heatmaps, links, marks] = await Promise.all([
    createHeatmaps(gpu, surface.format),
    createLinks(gpu, surface.format),
    createMarks(gpu, surface.format),
  ]);
  return new GpuPainter(gpu, surface, network, heatmaps, links, marks, first);
}

class GpuPainter implements Painter {
  readonly #gpu: GPUDevice;
  readonly #surface: Screen;
  readonly #network: Screen;
  readonly #colours: { readonly surface: Colours; readonly network: Colours };
  readonly #heatmaps: Heatmaps;
  readonly #links: Links;
  readonly #marks: Marks;
  #view: View;
  #probe: Probe | undefined;
  #scene: { readonly trainer: Trainer; readonly run: RunOptions; readonly points: Points } | undefined;
  #onSurface: Drawing[] = [];
  #onNetwork: Drawing[] = [];

  constructor(
    gpu: GPUDevice,
    surface: Screen,
    network: Screen,
    heatmaps: Heatmaps,
    links: Links,
    marks: Marks,
    view: View,
  ) {
    this.#gpu = gpu;
    this.#surface = surface;
    this.#network = network;
    this.#heatmaps = heatmaps;
    this.#links = links;
    this.#marks = marks;
    this.#view = view;
    this.#colours = { surface: createColours(gpu, "demo.surface"), network: createColours(gpu, "demo.network") };
  }

  async attach(training: Training, run: RunOptions, points: Points): Promise<void> {
    if (!("buffer" in training)) throw new Error("playground: the GPU's painter draws what the GPU trains");
    const probe = await training.probe(grid(SIDE));
    this.#probe?.dispose();
    this.#probe = probe;
    this.#scene = { trainer: training, run, points };
    this.#arrange();
  }

  view(view: View): void {
    this.#view = view;
    this.#arrange();
  }

  async draw(): Promise<void> {
    if (!this.#probe) return;
    this.#probe.run();
    drawFrame(this.#gpu, "demo.draw", [
      { screen: this.#surface, drawings: this.#onSurface },
      { screen: this.#network, drawings: this.#onNetwork },
    ]);
    await this.#gpu.queue.onSubmittedWorkDone();
  }

  dispose(): void {
    this.#forget();
    this.#probe?.dispose();
    this.#colours.surface.dispose();
    this.#colours.network.dispose();
  }

  #forget(): void {
    for (const drawing of [...this.#onSurface, ...this.#onNetwork]) drawing.dispose();
  }

  /** Prepares what is drawn each frame. */
  #arrange(): void {
    const [probe, scene] = [this.#probe, this.#scene];
    if (!probe || !scene) return;
    const { run, trainer, points } = scene;
    const { ratio, palette, surface, network } = this.#view;
    const layout = layoutOf(network, run.layers);
    this.#surface.resize(surface, surface);
    this.#network.resize(Math.round(layout.width * ratio), Math.round(layout.height * ratio));
    this.#colours.surface.set(palette, surface, surface);
    this.#colours.network.set(palette, this.#network.width, this.#network.height);
    this.#forget();
    const shown = this.#view.unit ?? { layer: depth(run), unit: 0 };
    const samples = { rows: SIDE, columns: SIDE, smooth: true };
    const tile = (layer: number, unit: number, place: Pick<Tile, "x" | "y" | "width" | "height">): Tile => ({
      ...samples,
      ...place,
      ...response(run, layer, unit),
    });
    const whole = { x: 0, y: 0, width: surface, height: surface };
    const values = probe.buffer(tensorOf(run, shown.layer));
    const ground = { ...tile(shown.layer, shown.unit, whole), strength: 0.62, contour: shown.layer === depth(run) };
    this.#onSurface = [
      this.#heatmaps.prepare(this.#colours.surface.buffer, values, [ground]),
      this.#marks.prepare(this.#colours.surface.buffer, points, surface, ratio),
    ];
    const size = layout.size * ratio;
    this.#onNetwork = layout.columns.flatMap((column, layer): Drawing[] => {
      const tiles = Array.from({ length: column.units }, (_, unit) =>
        tile(layer, unit, {
          x: column.x * ratio,
          y: (column.y + unit * column.pitch) * ratio,
          width: size,
          height: size,
        }),
      );
      const heat = this.#heatmaps.prepare(this.#colours.network.buffer, probe.buffer(tensorOf(run, layer)), tiles);
      const before = layout.columns[layer - 1];
      if (!before) return [heat];
      const weights = trainer.buffer(`W${layer}`);
      // The output's tile shows the difference of two logits, so its links show that of their weights.
      const minus = widthOf(run, layer) > column.units ? before.units : undefined;
      return [
        this.#links.prepare(this.#colours.network.buffer, weights, { before, after: column, size, ratio, minus }),
        heat,
      ];
    });
  }
}
