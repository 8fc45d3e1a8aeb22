import { productGrid, type Tile } from "./tile.ts";
import { type Kernel, operandsOf } from "./types.ts";

export interface MatmulVariant {
  /** `a` is stored `[inner, rows]` and its inner index is the batch's: dZᵀH. Otherwise the rows are the batch's. */
  readonly transposeA: boolean;
  /** `b` is stored `[columns, inner]`: H Wᵀ. */
  readonly transposeB: boolean;
  /** Adds `bias [columns]` to each row. */
  readonly bias: boolean;
  readonly tile: Tile;
}

/** c = a b (+ bias), `[rows, inner] [inner, columns] → [rows, columns]`. */
export const matmul: Kernel<MatmulVariant, "rows" | "inner" | "columns", "control" | "a" | "b" | "c" | "bias"> = {
  dims: ["rows", "inner", "columns"],
  operands: ({ bias }) =>
    operandsOf(
      ["control", "uniform", "control"],
      ["a", "read", "f32"],
      ["b", "read", "f32"],
      ["c", "readWrite", "f32"],
      ["bias", "read", "f32", bias],
    ),
  sizes: ({ rows, inner, columns }) => ({
    a: rows * inner,
    b: inner * columns,
    c: rows * columns,
    bias: columns,
  }),
  workgroups: ({ rows, columns }, { tile }) => productGrid(rows, columns, tile),
  flops: ({ rows, inner, columns }, { bias }) => 2 * rows * inner * columns + (bias ? rows * columns : 0),
};
