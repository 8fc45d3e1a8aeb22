import type { ProductSide, Tile } from "../../src/kernels/tile.ts";

/** Numbers of a vector, and lanes of a subgroup that share their loads: every subgroup has at least so many. */
export const FOUR = 4;

/** How an operand lies in memory: lines of numbers that are next to each other along the inner side, or along the other one. */
export interface OperandLayout {
  readonly contiguous: "inner" | "outer";
  /** Numbers of a line. */
  readonly size: string;
  /** Place of the line of an index, which is the index if left out. */
  readonly line?: (index: string) => string;
  /** Type of a number as it is stored, and the f32 that it stands for. */
  readonly type: string;
  readonly load: (index: string) => string;
}

/** Element (i, k) of an operand whose index along the inner side is k: `load(first(i) + at(k))`, as WGSL expressions. */
export interface ProductOperand {
  /** Along which side its numbers lie next to each other. */
  readonly contiguous: "inner" | "outer";
  /** Type of what is loaded at once: a number, or the four that lie side by side. */
  readonly type: string;
  /** Along which side those four lie; undefined where numbers are loaded one by one. */
  readonly vectors: "inner" | "outer" | undefined;
  /** Statement that must stand before `first` and `at`. */
  readonly declaration: string;
  readonly first: (i: string) => string;
  readonly at: (k: string) => string;
  readonly load: (index: string) => string;
  /** The number at an index, which is that of a number even where four are loaded at once. */
  readonly number: (index: string) => string;
}

/** An operand that is loaded as the tile says. With vectors i, and k where they lie along it, count by fours. */
export function productOperand(tile: Tile, side: ProductSide, layout: OperandLayout): ProductOperand {
  const { contiguous, line = (index: string) => index, load } = layout;
  const vectors = layout.type === "f32" && takesVectors(tile, side, contiguous) ? contiguous : undefined;
  const place = (index: string) => `${line(index)} * ${side}Size`;
  const itself = (index: string) => index;
  const [first, at] = contiguous === "inner" ? [place, itself] : [itself, place];
  const declaration = `let ${side}Size = ${layout.size}${vectors ? ` / ${FOUR}u` : ""};`;
  const number = vectors ? (index: string) => `${load(`(${index}) / ${FOUR}u`)}[(${index}) % ${FOUR}u]` : load;
  return { contiguous, type: vectors ? "vec4f" : layout.type, vectors, declaration, first, at, load, number };
}

/**
 * Whether an operand is loaded by fours: along the inner side, or along the columns where the invocations lie across them, each of
 * which then has four outputs side by side. What is staged always is.
 */
function takesVectors(
  { across, unroll, swap, staged, vectorA, vectorB }: Tile,
  side: ProductSide,
  contiguous: string,
): boolean {
  if (!(side === "a" ? vectorA : vectorB)) return false;
  if (staged) return true;
  return contiguous === "inner" ? unroll % FOUR === 0 : side === "b" && !swap && across % FOUR === 0;
}

/** What a product needs to know of its operands, as WGSL expressions. */
export interface ProductSpec {
  readonly tile: Tile;
  readonly rows: string;
  /** Whether WGSL cannot know that `rows` is the same for all invocations of a workgroup. */
  readonly varying?: boolean;
  /** The inner index to begin with, 0 if left out, and the one to end before. */
  readonly from?: string;
  readonly inner: string;
  readonly columns: string;
  /** Element a(i, k). */
  readonly a: ProductOperand;
  /** Element b(k, j). */
  readonly b: ProductOperand;
  /** Statements that take output `value` at row `i`, column `j`. */
  readonly store: string;
  /** Statements that run once for each row `i` of the output. */
  readonly eachRow?: string | undefined;
  /** Statements before the sums, and after all outputs are stored; the latter see `part`, the invocation's number. */
  readonly before?: string;
  readonly after?: string;
}

/** How a product is computed, by its tile. */
export type Product = (spec: ProductSpec) => string;

/** Functions `store` and `eachRow` of a product. */
export const outputFunctions = ({ store, eachRow }: ProductSpec): string => `
fn store(i: u32, j: u32, value: f32) {
  ${store}
}
${eachRow === undefined ? "" : `fn eachRow(i: u32) {\n  ${eachRow}\n}`}`;

export const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** `text` for 0 … count − 1, one a line. */
export const each = (count: number, text: (index: number) => string): string => range(count).map(text).join("\n");
