import { layerForwardSource } from "../../shaders/layer-forward.wgsl.ts";
import type { Activation } from "../model/activation.ts";
import { productExtensions, productGrid, type Tile } from "./tile.ts";
import type { Kernel } from "./types.ts";

export interface LayerForwardVariant {
  readonly activation: Activation;
  readonly bias: boolean;
  /** Whether x is the resident data, whose rows are picked by `order`. */
  readonly gather: boolean;
  /** Whether the resident data are packed bytes; f32 if left out. */
  readonly bytes?: boolean;
  readonly tile: Tile;
}

/** h = φ(x Wᵀ + b), `[rows, inner] [columns, inner] → [rows, columns]`. */
export const layerForward: Kernel<
  LayerForwardVariant,
  "rows" | "inner" | "columns",
  "control" | "x" | "w" | "h" | "bias" | "order"
> = {
  name: "layerForward",
  dims: ["rows", "inner", "columns"],
  operands: ({ bias, gather, bytes }) => [
    { name: "control", access: "uniform" },
    { name: "x", access: bytes ? "readBytes" : "read" },
    { name: "w", access: "read" },
    { name: "h", access: "readWrite" },
    ...(bias ? [{ name: "bias", access: "read" } as const] : []),
    ...(gather ? [{ name: "order", access: "read" } as const] : []),
  ],
  sizes: ({ rows, inner, columns }, { gather }) => ({
    x: gather ? inner : rows * inner,
    w: columns * inner,
    h: rows * columns,
    bias: columns,
    order: rows,
  }),
  workgroups: ({ rows, columns }, { tile }) => productGrid(rows, columns, tile),
  flops: ({ rows, inner, columns }, { bias, activation }) =>
    rows * columns * (2 * inner + (bias ? 1 : 0) + (activation === "identity" ? 0 : 1)),
  extensions: productExtensions,
  source: layerForwardSource,
};
