import type { Decay } from "../model/optimizer.ts";
import { stateWidths } from "../model/optimizer.ts";
import { SPLIT_ROWS, SPLIT_UPDATE_CHUNK, SPLIT_UPDATE_GROUP } from "./chunks.ts";
import { grid, type Kernel, operandsOf } from "./types.ts";
import type { UpdateVariant } from "./weight-update.ts";

export interface SplitUpdateVariant extends UpdateVariant {
  readonly bias: boolean;
  /** How the bias decays; false where it does not. */
  readonly biasDecay: Decay | false;
  /** Whether the squares of what decays are summed for the penalty. */
  readonly penalty: boolean;
  /** Whether an f16 copy of W is kept; not if left out. */
  readonly half?: boolean;
}

const chunks = (rows: number, columns: number, bias: boolean): number =>
  Math.ceil((rows * (columns + (bias ? 1 : 0))) / SPLIT_UPDATE_CHUNK);

/** Parts in which the penalty's squares are summed: one an invocation. */
export const splitSquareParts = (rows: number, columns: number, bias: boolean): number =>
  chunks(rows, columns, bias) * SPLIT_UPDATE_GROUP;

type Operand = "control" | "parts" | "w" | "state" | "bias" | "biasState" | "squares" | "copy";

const operands = ({ optimizer, bias, penalty, half = false }: SplitUpdateVariant) => {
  const state = stateWidths[optimizer] > 0;
  return operandsOf(
    ["control", "uniform", "control"],
    ["parts", "read", "f32"],
    ["w", "readWrite", "f32"],
    ["state", "readWrite", "f32", state],
    ["bias", "readWrite", "f32", bias],
    ["biasState", "readWrite", "f32", bias && state],
    ["squares", "readWrite", "f32", penalty],
    ["copy", "readWrite", "f16", half],
  );
};

/** W and b of a layer updated in place out of the parts of a split sum, added up in order. */
export const splitUpdate: Kernel<SplitUpdateVariant, "rows" | "inner" | "columns" | "offset", Operand> = {
  dims: ["rows", "inner", "columns", "offset"],
  operands,
  sizes: ({ rows, inner, columns, offset }, { optimizer, bias }) => ({
    parts: Math.ceil(inner / SPLIT_ROWS) * rows * (columns + (bias ? 1 : 0)),
    w: rows * columns,
    state: rows * columns * stateWidths[optimizer],
    bias: rows,
    biasState: rows * stateWidths[optimizer],
    squares: offset + splitSquareParts(rows, columns, bias),
    copy: rows * columns,
  }),
  workgroups: ({ rows, columns }, { bias }) => grid(chunks(rows, columns, bias)),
  flops: ({ rows, inner, columns }) => rows * columns * (Math.ceil(inner / SPLIT_ROWS) + 3),
};
