import type { Decay } from "../model/optimizer.ts";
import { stateWidths } from "../model/optimizer.ts";
import { productGrid, productGroups, type Tile } from "./tile.ts";
import { halfType, inputType, type Kernel, operandsOf } from "./types.ts";
import type { UpdateVariant } from "./weight-update.ts";

export interface LayerUpdateVariant extends UpdateVariant {
  /** Whether the bias is updated too. */
  readonly bias: boolean;
  /** How the bias decays; false where it does not. */
  readonly biasDecay: Decay | false;
  /** Whether the squares of what decays are summed for the penalty. */
  readonly penalty: boolean;
  /** Whether x is the resident data, whose rows are picked by `order`. */
  readonly gather: boolean;
  /** Whether the resident data are packed bytes; f32 if left out. */
  readonly bytes?: boolean;
  /** Whether dz, scaled, and x unless it is the resident data, are f16; f32 if left out. */
  readonly half?: boolean;
  /** Whether an f16 copy of W is kept; not if left out. */
  readonly copy?: boolean;
  readonly tile: Tile;
}

/** Parts in which the penalty's squares of one layer are summed: one an invocation. */
export const squareParts = (rows: number, columns: number, tile: Tile): number =>
  productGroups(rows, columns, tile) * tile.lanes;

type Operand = "control" | "dz" | "x" | "w" | "state" | "bias" | "biasState" | "squares" | "order" | "copy";

const operands = ({ optimizer, bias, penalty, gather, bytes, half, copy = false }: LayerUpdateVariant) => {
  const state = stateWidths[optimizer] > 0;
  return operandsOf(
    ["control", "uniform", "control"],
    ["dz", "read", halfType(half)],
    ["x", "read", inputType(gather, bytes, half)],
    ["w", "readWrite", "f32"],
    ["state", "readWrite", "f32", state],
    ["bias", "readWrite", "f32", bias],
    ["biasState", "readWrite", "f32", bias && state],
    ["squares", "readWrite", "f32", penalty],
    ["order", "read", "u32", gather],
    ["copy", "readWrite", "f16", copy],
  );
};

/** W and b of a layer updated in place out of dz `[inner, rows]` and the layer's input x `[inner, columns]`. */
export const layerUpdate: Kernel<LayerUpdateVariant, "rows" | "inner" | "columns" | "offset", Operand> = {
  dims: ["rows", "inner", "columns", "offset"],
  operands,
  sizes: ({ rows, inner, columns, offset }, { optimizer, gather, tile }) => ({
    dz: inner * rows,
    x: gather ? columns : inner * columns,
    w: rows * columns,
    state: rows * columns * stateWidths[optimizer],
    bias: rows,
    biasState: rows * stateWidths[optimizer],
    squares: offset + squareParts(rows, columns, tile),
    order: inner,
    copy: rows * columns,
  }),
  workgroups: ({ rows, columns }, { tile }) => productGrid(rows, columns, tile),
  flops: ({ rows, inner, columns }, { bias }) => rows * columns * (2 * inner + 3) + (bias ? rows * inner : 0),
};
