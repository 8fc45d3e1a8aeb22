import type { Activation } from "../model/activation.ts";
import { productExtensions, productGrid, type Tile } from "./tile.ts";
import type { Kernel } from "./types.ts";

export interface LayerBackwardVariant {
  /** Activation of the layer whose delta is computed. */
  readonly activation: Activation;
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
  name: "layerBackward",
  dims: ["rows", "inner", "columns"],
  operands: ({ half }) => [
    { name: "control", access: half ? "readWrite" : "uniform" },
    { name: "dz", access: "read" },
    { name: "w", access: "read" },
    { name: "h", access: "read" },
    { name: "below", access: "readWrite" },
  ],
  sizes: ({ rows, inner, columns }) => ({
    dz: rows * inner,
    w: inner * columns,
    h: rows * columns,
    below: rows * columns,
  }),
  workgroups: ({ rows, columns }, { tile }) => productGrid(rows, columns, tile),
  flops: ({ rows, inner, columns }) => rows * columns * (2 * inner + 3),
  extensions: productExtensions,
};
