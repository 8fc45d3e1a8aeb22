import type { Decay } from "../model/optimizer.ts";
import { productExtensions, productGrid, productGroups, type Tile } from "./tile.ts";
import { type Kernel, operandsOf } from "./types.ts";
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
  /** Whether dz, scaled, and x unless it is the resident data, are f16, and an f16 copy of W is kept; f32 if left out. */
  readonly half?: boolean;
  readonly tile: Tile;
}

/** Parts in which the penalty's squares of one layer are summed: one an invocation. */
export const squareParts = (rows: number, columns: number, tile: Tile): number =>
  productGroups(rows, columns, tile) * tile.lanes;

type Operand = "control" | "dz" | "x" | "w" | "state" | "bias" | "biasState" | "squares" | "order" | "copy";

const operands = ({ optimizer, bias, penalty, gather, bytes, half = false }: LayerUpdateVariant) => {
  const state = optimizer !== "sgd";
  return operandsOf<Operand>(
    ["control", "uniform"],
    ["dz", "read"],
    ["x", bytes ? "readBytes" : "read"],
    ["w", "readWrite"],
    ["state", "readWrite", state],
    ["bias", "readWrite", bias],
    ["biasState", "readWrite", bias && state],
    ["squares", "readWrite", penalty],
    ["order", "read", gather],
    ["copy", "readWrite", half],
  );
};

/** W and b of a layer updated in place out of dz `[inner, rows]` and the layer's input x `[inner, columns]`. */
export const layerUpdate: Kernel<LayerUpdateVariant, "rows" | "inner" | "columns" | "offset", Operand> = {
  name: "layerUpdate",
  dims: ["rows", "inner", "columns", "offset"],
  operands,
  sizes: ({ rows, inner, columns, offset }, { optimizer, gather, tile }) => ({
    dz: inner * rows,
    x: gather ? columns : inner * columns,
    w: rows * columns,
    state: rows * columns * (optimizer === "momentum" ? 1 : 2),
    bias: rows,
    biasState: rows * (optimizer === "momentum" ? 1 : 2),
    squares: offset + squareParts(rows, columns, tile),
    order: inner,
    copy: rows * columns,
  }),
  workgroups: ({ rows, columns }, { tile }) => productGrid(rows, columns, tile),
  flops: ({ rows, inner, columns }, { bias }) => rows * columns * (2 * inner + 3) + (bias ? rows * inner : 0),
  extensions: productExtensions,
};
