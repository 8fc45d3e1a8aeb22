import { SPLIT_ROWS } from "./chunks.ts";
import { MANY_OUTPUTS, productGrid, type Tile } from "./tile.ts";
import { halfType, inputType, type Kernel, operandsOf } from "./types.ts";

export interface LayerGradientVariant {
  /** Whether the bias's gradient is summed too. */
  readonly bias: boolean;
  /** Whether x is the resident data, whose rows are picked by `order`. */
  readonly gather: boolean;
  /** Whether the resident data are packed bytes; f32 if left out. */
  readonly bytes?: boolean;
  /** Whether dz, scaled, and x unless it is the resident data, are f16; f32 if left out. */
  readonly half?: boolean;
  readonly tile: Tile;
}

export { SPLIT_ROWS };

/** The fewest parts that are worth a dispatch more. */
const FEWEST_PARTS = 4;

/** Parts in which the gradient `[rows, columns]` is summed over so many rows of a batch; 1 where it is not split. */
export const gradientParts = (rows: number, inner: number, columns: number): number => {
  const parts = Math.ceil(inner / SPLIT_ROWS);
  return rows * columns < MANY_OUTPUTS && parts >= FEWEST_PARTS ? parts : 1;
};

type Operand = "control" | "dz" | "x" | "parts" | "order";

/** gW = dzᵀ x and gb = Σ dz in parts, each over its own rows of the batch: `parts [⌈inner / 512⌉, rows · columns (+ rows)]`. */
export const layerGradient: Kernel<LayerGradientVariant, "rows" | "inner" | "columns", Operand> = {
  dims: ["rows", "inner", "columns"],
  operands: ({ gather, bytes, half }) =>
    operandsOf(
      ["control", "uniform", "control"],
      ["dz", "read", halfType(half)],
      ["x", "read", inputType(gather, bytes, half)],
      ["parts", "readWrite", "f32"],
      ["order", "read", "u32", gather],
    ),
  sizes: ({ rows, inner, columns }, { bias, gather }) => ({
    dz: inner * rows,
    x: gather ? columns : inner * columns,
    parts: Math.ceil(inner / SPLIT_ROWS) * rows * (columns + (bias ? 1 : 0)),
    order: inner,
  }),
  workgroups: ({ rows, inner, columns }, { tile }) => {
    const [x, y] = productGrid(rows, columns, tile);
    return [x, y, Math.ceil(inner / SPLIT_ROWS)];
  },
  flops: ({ rows, inner, columns }, { bias }) => 2 * rows * columns * inner + (bias ? rows * inner : 0),
};
