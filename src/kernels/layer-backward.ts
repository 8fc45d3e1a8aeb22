import type { SlopeOfOutput } from "../model/activation.ts";
import { productGrid, type Tile } from "./tile.ts";
import { halfType, type Kernel, operandsOf } from "./types.ts";

export interface LayerBackwardVariant {
  /** Activation of the layer whose delta is computed. */
  readonly activation: SlopeOfOutput;
  /** Whether all operands are f16, W a copy; f32 if left out. */
  readonly half?: boolean;
  readonly tile: Tile;
}

/** dz⁽ˡ⁻¹⁾ = (dz⁽ˡ⁾ W) ⊙ φ′, `[rows, inner] [inner, columns] → [rows, columns]`. */
export const layerBackward: Kernel<
  LayerBackwardVariant,
  "rows" | "inner" | "columns",
  "control" | "dz" | "w" | "h" | "below"
> = {
  dims: ["rows", "inner", "columns"],
  operands: ({ half }) =>
    operandsOf(
      ["control", half ? "readWrite" : "uniform", "control"],
      ["dz", "read", halfType(half)],
      ["w", "read", halfType(half)],
      ["h", "read", halfType(half)],
      ["below", "readWrite", halfType(half)],
    ),
  sizes: ({ rows, inner, columns }) => ({
    dz: rows * inner,
    w: inner * columns,
    h: rows * columns,
    below: rows * columns,
  }),
  workgroups: ({ rows, columns }, { tile }) => productGrid(rows, columns, tile),
  flops: ({ rows, inner, columns }) => rows * columns * (2 * inner + 3),
};
