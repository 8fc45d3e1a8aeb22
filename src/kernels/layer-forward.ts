import type { Activation } from "../model/activation.ts";
import { productGrid, type Tile } from "./tile.ts";
import { halfType, inputType, type Kernel, operandsOf } from "./types.ts";

export interface LayerForwardVariant {
  readonly activation: Activation;
  readonly bias: boolean;
  /** Whether x is the resident data, whose rows are picked by `order`. */
  readonly gather: boolean;
  /** Whether the resident data are packed bytes; f32 if left out. */
  readonly bytes?: boolean;
  /** Whether W, and x unless it is the resident data, are f16; `"hidden"` if h is too. All are f32 if left out. */
  readonly half?: "hidden" | "output";
  readonly tile: Tile;
}

/** h = φ(x Wᵀ + b), `[rows, inner] [columns, inner] → [rows, columns]`. */
export const layerForward: Kernel<
  LayerForwardVariant,
  "rows" | "inner" | "columns",
  "control" | "x" | "w" | "h" | "bias" | "order"
> = {
  dims: ["rows", "inner", "columns"],
  operands: ({ bias, gather, bytes, half }) =>
    operandsOf(
      ["control", half === "hidden" ? "readWrite" : "uniform", "control"],
      ["x", "read", inputType(gather, bytes, half !== undefined)],
      ["w", "read", halfType(half !== undefined)],
      ["h", "readWrite", halfType(half === "hidden")],
      ["bias", "read", "f32", bias],
      ["order", "read", "u32", gather],
    ),
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
};
