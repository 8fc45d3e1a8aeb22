import { grid, type Workgroups } from "./types.ts";

/**
 * What a plan wants to know of the device that will run it. Parameters do not depend on it, unless they stay in registers while
 * whole steps run; of what is reported L and s may differ in their last bits, since the parts of Σ‖W‖² follow from it.
 */
export interface Hardware {
  /** Invocations that run in lockstep. */
  readonly lanes: number;
  /** Whether they can hand values to each other. */
  readonly subgroups: boolean;
}

/** A GPU of which nothing is known. */
export const anyHardware: Hardware = { lanes: 32, subgroups: false };

/**
 * How a product `[rows, inner] [inner, columns]` is shared out. Its invocations lie across one side of the output, the columns
 * unless `swap`, and go along the other.
 */
export interface Tile {
  /** Outputs of an invocation on the side along, whose operand the whole workgroup shares. */
  readonly along: number;
  /** Outputs of an invocation on the side across, `lanes` apart. */
  readonly across: number;
  /** Invocations of a workgroup. */
  readonly lanes: number;
  /** Inner indices that one round of the loop takes. */
  readonly unroll: number;
  /** Whether the invocations lie across the rows. */
  readonly swap: boolean;
  /** Whether the lanes of a subgroup share their loads. */
  readonly subgroups: boolean;
  /**
   * Whether the workgroup brings its operands into its own memory, round by round, and each invocation reads them there. The
   * invocations then lie in a square.
   */
  readonly staged: boolean;
  /** Whether the lines of operand a, and b, are whole fours, so that it may be loaded four numbers at once. */
  readonly vectorA: boolean;
  readonly vectorB: boolean;
}

/** The operands of a product: a `[rows, inner]` and b `[inner, columns]`, each possibly stored transposed. */
export type ProductSide = "a" | "b";

/** A product's sizes, and which of its operands are stored transposed. */
export interface ProductShape {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** The most lanes of a CPU's adapter. */
export const CPU_LANES = 8;

/** Multiply-adds of a product that are worth a tile which takes a CPU's adapter twice as long to compile, for a quarter less time. */
const MUCH_WORK = 2 ** 22;

/** Multiply-adds that are worth one which takes it a second to compile, for a seventh less time. */
const VAST_WORK = 2 ** 26;

/** Terms of a sum that are worth a long round, which takes twice as long to compile again. */
const LONG_SUM = 128;

/** The fewest columns to lie across: they are next to each other in memory, the rows are not. */
const FEW_COLUMNS = 16;

/** Outputs that give a GPU enough to do where each invocation takes several and no sum is split, and where it takes many. */
export const MANY_OUTPUTS = 2 ** 14;
const VERY_MANY_OUTPUTS = 2 ** 18;

/** The fewest rows, and columns, of which a workgroup takes a square. */
const SQUARE = 32;

/** Terms of a sum that are too few for a round of a square. */
const FEW_TERMS = 16;

/** Squares of 32 and 64 outputs a side, whose operands are staged in 9 of the 16 KiB of workgroup memory that every device has. */
const square = { lanes: 64, swap: false, subgroups: false, staged: true } as const;
export const smallSquare = { along: 4, across: 4, unroll: 32, ...square } as const;
export const largeSquare = { along: 8, across: 8, unroll: 16, ...square } as const;

/** Splits `size` evenly into as few parts of at most `most` as it takes, and returns the largest. */
export const even = (size: number, most: number): number => Math.ceil(size / Math.ceil(size / most));

/**
 * The tile for an output: large tiles load less for each sum, small ones leave more invocations to share the work. A CPU's
 * adapter, whose lanes are few, wants them as large as its compiler bears.
 */
export function tileFor(shape: ProductShape, { lanes, subgroups }: Hardware): Tile {
  const { rows, inner, columns, transposeA, transposeB } = shape;
  const unroll = lanes <= CPU_LANES && inner >= LONG_SUM && inner % 8 !== 4 ? 8 : 4;
  // A transposed a is that of an update, whose inner size is |B| and may be any.
  const vectorA = (transposeA ? rows : inner) % 4 === 0;
  const vectorB = transposeB ? !transposeA && inner % 4 === 0 : columns % 4 === 0;
  const swap = columns < FEW_COLUMNS && rows > columns;
  const [along, across] = swap ? [columns, rows] : [rows, columns];
  if (lanes > CPU_LANES) {
    const outputs = rows * columns;
    const vectors = { vectorA, vectorB };
    if (Math.min(rows, columns) >= SQUARE && outputs >= MANY_OUTPUTS && inner >= FEW_TERMS) {
      return { ...(outputs >= VERY_MANY_OUTPUTS ? largeSquare : smallSquare), ...vectors };
    }
    return {
      along: even(along, 4),
      across: outputs >= MANY_OUTPUTS ? Math.min(4, Math.ceil(across / lanes)) : 1,
      lanes,
      unroll,
      swap,
      subgroups: false,
      staged: false,
      ...vectors,
    };
  }
  const group = 2 * lanes;
  const work = rows * inner * columns;
  const own = even(Math.ceil(across / group), work >= VAST_WORK ? 16 : 8);
  return {
    along: even(along, work >= MUCH_WORK ? 32 : 16),
    // Columns that lie four by four in memory are taken so.
    across: vectorB && !transposeB && !swap && own > 2 ? 4 * Math.ceil(own / 4) : own,
    lanes: group,
    unroll,
    swap,
    subgroups,
    staged: false,
    vectorA,
    vectorB,
  };
}

/** Rows and columns of the output that a workgroup takes. */
export const blockOf = ({ along, across, lanes, swap, staged }: Tile): readonly [rows: number, columns: number] => {
  if (staged) return [along * Math.sqrt(lanes), across * Math.sqrt(lanes)];
  return swap ? [across * lanes, along] : [along, across * lanes];
};

/** Workgroups of a product. */
export const productGroups = (rows: number, columns: number, tile: Tile): number => {
  const [height, width] = blockOf(tile);
  return Math.ceil(rows / height) * Math.ceil(columns / width);
};

/** Grid of a product. */
export const productGrid = (rows: number, columns: number, tile: Tile): Workgroups =>
  grid(productGroups(rows, columns, tile));

/** Short text for the printed plan. */
export const tileLabel = ({ along, across, lanes, swap, subgroups, staged }: Tile): string =>
  `${swap ? `${across}×${along}` : `${along}×${across}`} outputs an invocation, ${lanes} a workgroup${subgroups ? ", subgroups" : ""}${staged ? ", staged" : ""}`;
