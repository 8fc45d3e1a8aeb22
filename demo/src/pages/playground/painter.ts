import type { Training } from "../../worker/training.ts";
import type { View } from "./contract.ts";
import type { RunOptions } from "./options.ts";
import { type Points, VIEW } from "./points.ts";

/** Draws the decision surface, every unit's response, the weights between them, and the points. */
export interface Painter {
  /** Takes up another run, or the same with another trainer. */
  attach(training: Training, run: RunOptions, points: Points): Promise<void>;
  view(view: View): void;
  /** Draws the parameters as they are now. @returns when the picture is done */
  draw(): Promise<unknown>;
  dispose(): void;
}

/** The two pictures. */
export interface Canvases {
  readonly surface: OffscreenCanvas;
  readonly network: OffscreenCanvas;
}

/** A square grid over the plane, `[side², 2]`, row by row from the top left. */
export function grid(side: number): Float32Array<ArrayBuffer> {
  const at = (index: number) => ((index + 0.5) / side) * 2 * VIEW - VIEW;
  const values = new Float32Array(2 * side * side);
  for (let i = 0; i < side * side; i++) values.set([at(i % side), -at(Math.floor(i / side))], 2 * i);
  return values;
}

/** Layers, the output as the last. */
export const depth = ({ layers }: RunOptions): number => layers.length + 1;

/** The tensor of a layer's outputs, with layer 0 the inputs. */
export const tensorOf = (run: RunOptions, layer: number): string =>
  layer === 0 ? "x" : layer === depth(run) ? "o" : `h${layer}`;

/** Numbers that a layer gives for each point. */
export const widthOf = (run: RunOptions, layer: number): number => {
  if (layer === 0) return 2;
  if (layer === depth(run)) return run.loss === "crossEntropy" ? 2 : 1;
  return run.layers[layer - 1] ?? 0;
};

/** How the numbers of a unit become a colour, and which numbers they are. */
export function response(run: RunOptions, layer: number, unit: number) {
  const stride = widthOf(run, layer);
  if (layer === depth(run)) {
    return run.loss === "crossEntropy"
      ? ({ offset: 1, minus: 0, stride, map: "logit" } as const)
      : ({ offset: 0, stride, map: "linear" } as const);
  }
  if (layer === 0) return { offset: unit, stride, map: "linear" } as const;
  const map = ({ tanh: "linear", sigmoid: "unit", relu: "squash", identity: "squash" } as const)[run.activation];
  return { offset: unit, stride, map };
}
