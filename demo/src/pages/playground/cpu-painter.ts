import type { Parameters, ReferenceProbe, ReferenceTrainer } from "chainrule";
import { contextOf, cssOf, diverging } from "../../draw/cpu.ts";
import type { Training } from "../../worker/training.ts";
import type { View } from "./contract.ts";
import { layoutOf } from "./layout.ts";
import type { RunOptions } from "./options.ts";
import { type Canvases, depth, grid, type Painter, response, tensorOf } from "./painter.ts";
import { type Points, VIEW } from "./points.ts";

/** Samples a side of the grid over the plane. */
const SIDE = 28;

/** Draws what the CPU reference trains, where there is no GPU. */
export function createCpuPainter(canvases: Canvases, first: View): Painter {
  const surface = contextOf(canvases.surface);
  const network = contextOf(canvases.network);
  const tile = new OffscreenCanvas(SIDE, SIDE);
  const tileContext = contextOf(tile);
  let view = first;
  let scene: { trainer: ReferenceTrainer; run: RunOptions; points: Points; probe: ReferenceProbe } | undefined;

  const resize = () => {
    if (!scene) return;
    const layout = layoutOf(view.network, scene.run.layers);
    canvases.surface.width = view.surface;
    canvases.surface.height = view.surface;
    canvases.network.width = Math.round(layout.width * view.ratio);
    canvases.network.height = Math.round(layout.height * view.ratio);
  };

  /** Draws a unit's response into a square. */
  const drawUnit = (
    { run, probe }: NonNullable<typeof scene>,
    context: OffscreenCanvasRenderingContext2D,
    [layer, unit]: readonly [number, number],
    [x, y, size]: readonly [number, number, number],
    strength: number,
  ) => {
    const { offset, stride, map, ...rest } = response(run, layer, unit);
    const values = probe.values(tensorOf(run, layer));
    const image = tileContext.createImageData(SIDE, SIDE);
    for (let i = 0; i < SIDE * SIDE; i++) {
      const other = "minus" in rest ? (values[i * stride + rest.minus] ?? 0) : 0;
      const colour = diverging(view.palette, maps[map]((values[i * stride + offset] ?? 0) - other), strength);
      image.data.set([...colour.map((part) => 255 * part), 255], 4 * i);
    }
    tileContext.putImageData(image, 0, 0);
    context.drawImage(tile, x, y, size, size);
  };

  const drawLinks = ({ run }: NonNullable<typeof scene>, weights: Parameters) => {
    const { columns, size } = layoutOf(view.network, run.layers);
    const r = view.ratio;
    columns.forEach((after, layer) => {
      const before = columns[layer - 1];
      const values = weights[`W${layer}`];
      if (!before || !values) return;
      const rows = values.length / before.units;
      for (let i = 0; i < before.units * after.units; i++) {
        const weight = rows > after.units ? (values[i + before.units] ?? 0) - (values[i] ?? 0) : (values[i] ?? 0);
        const [x0, y0] = [(before.x + size) * r, (before.y + (i % before.units) * before.pitch + size / 2) * r];
        const [x1, y1] = [after.x * r, (after.y + Math.floor(i / before.units) * after.pitch + size / 2) * r];
        network.strokeStyle = cssOf(weight > 0 ? view.palette.positive : view.palette.negative);
        network.globalAlpha = Math.min(0.9, 0.12 + 0.55 * Math.abs(weight));
        network.lineWidth = 2 * r * Math.max(0.15, Math.min(2.2, Math.abs(weight)));
        network.beginPath();
        network.moveTo(x0, y0);
        network.bezierCurveTo((x0 + x1) / 2, y0, (x0 + x1) / 2, y1, x1, y1);
        network.stroke();
      }
    });
    network.globalAlpha = 1;
  };

  const drawPoints = ({ points }: NonNullable<typeof scene>) => {
    const place = (value: number) => ((value + VIEW) / (2 * VIEW)) * view.surface;
    surface.strokeStyle = cssOf(view.palette.zero);
    for (const { x, y, label } of points.train) {
      surface.fillStyle = cssOf(label === 1 ? view.palette.positive : view.palette.negative);
      surface.beginPath();
      surface.arc(place(x), place(-y), 3 * view.ratio, 0, 2 * Math.PI);
      surface.fill();
      surface.stroke();
    }
  };

  return {
    async attach(training: Training, run: RunOptions, points: Points) {
      if ("buffer" in training) throw new Error("playground: the CPU's painter draws what the CPU trains");
      scene = { trainer: training, run, points, probe: await training.probe(grid(SIDE)) };
      resize();
    },
    view(given) {
      view = given;
      resize();
    },
    async draw() {
      if (!scene) return;
      const current = scene;
      const weights = await current.trainer.parameters();
      current.probe.run();
      const { run } = current;
      const shown = view.unit ?? { layer: depth(run), unit: 0 };
      drawUnit(current, surface, [shown.layer, shown.unit], [0, 0, view.surface], 0.62);
      drawPoints(current);
      network.clearRect(0, 0, canvases.network.width, canvases.network.height);
      drawLinks(current, weights);
      const { columns, size } = layoutOf(view.network, run.layers);
      columns.forEach((column, layer) => {
        for (let unit = 0; unit < column.units; unit++) {
          const place = [column.x, column.y + unit * column.pitch, size].map((value) => value * view.ratio);
          drawUnit(current, network, [layer, unit], place as [number, number, number], 1);
        }
      });
    },
    dispose() {
      scene = undefined;
    },
  };
}

const maps = {
  linear: (value: number) => value,
  unit: (value: number) => 2 * value - 1,
  squash: (value: number) => value / (1 + Math.abs(value)),
  logit: (value: number) => Math.tanh(value / 2),
} as const;
