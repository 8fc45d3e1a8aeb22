import type { Tile } from "../../src/kernels/types.ts";

/** Inner indices that one round of the loop takes: the loads of a round share cache lines along the inner index. */
const UNROLL = 4;

/** Invocations of a workgroup of a product, along rows and along columns. */
export const PRODUCT_GROUP = 8;

/** What a product needs to know of its operands, as WGSL expressions. */
export interface ProductSpec {
  /** Outputs a side that one invocation keeps in registers. */
  readonly tile: Tile;
  readonly rows: string;
  readonly inner: string;
  readonly columns: string;
  /** Element a(i, k) is `a[first(i) + at(k)]`. */
  readonly a: { readonly name: string; readonly first: (i: string) => string; readonly at: (k: string) => string };
  /** Element b(k, j) is `b[first(j) + at(k)]`. */
  readonly b: { readonly name: string; readonly first: (j: string) => string; readonly at: (k: string) => string };
  /** Statements that take output `value` at row `i`, column `j`. */
  readonly store: string;
  /** Statements before and after all outputs of an invocation are stored; they see `row`, `column`, `rows`, `part`. */
  readonly before?: string;
  readonly after?: string;
}

/** `text` for 0 … count − 1, one a line. */
const each = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join("\n");

/** Loads and multiply-adds of `count` inner indices from k on, in their order. */
function round({ tile, a, b }: ProductSpec, count: number): string {
  const quad = (q: number, u: number) => `vec4f(${[0, 1, 2, 3].map((c) => `right${4 * q + c}_${u}`).join(", ")})`;
  return [
    each(count, (u) => `let ak${u} = ${a.at(`(k + ${u}u)`)};\nlet bk${u} = ${b.at(`(k + ${u}u)`)};`),
    each(tile, (j) => each(count, (u) => `let right${j}_${u} = ${b.name}[b${j} + bk${u}];`)),
    each(tile, (i) => each(count, (u) => `let left${i}_${u} = ${a.name}[a${i} + ak${u}];`)),
    each(count, (u) => each(tile, (i) => each(tile / 4, (q) => `sum${i}_${q} += left${i}_${u} * ${quad(q, u)};`))),
  ].join("\n");
}

/**
 * Entry point of c(i, j) = Σₖ a(i, k) b(k, j), the body of every product of a dense layer.
 *
 * Each invocation keeps tile × tile sums in registers and takes them over k = 0, 1, 2, … in order, so that a sum does not
 * depend on the tile. Rows and columns past the edge are clamped while loading, so that the loop has no branch, and are
 * not stored.
 */
export const product = (spec: ProductSpec) => {
  const { tile, rows, inner, columns, a, b, store, before = "", after = "" } = spec;
  const side = PRODUCT_GROUP * tile;
  const quads = tile / 4;
  return `
fn store(i: u32, j: u32, value: f32) {
  ${store}
}

fn storeQuad(i: u32, j: u32, rows: u32, columns: u32, sum: vec4f) {
  if (i >= rows) { return; }
  for (var c = 0u; c < 4u; c++) {
    if (j + c < columns) { store(i, j + c, sum[c]); }
  }
}

@compute @workgroup_size(${PRODUCT_GROUP}, ${PRODUCT_GROUP})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let rows = ${rows};
  let inner = ${inner};
  let columns = ${columns};
  let across = (columns + ${side - 1}u) / ${side}u;
  let block = workgroupIndex(group, groups);
  let part = block * ${PRODUCT_GROUP ** 2}u + index;
  let row = (block / across) * ${side}u + local.y * ${tile}u;
  let column = (block % across) * ${side}u + local.x * ${tile}u;
  if (row >= rows || column >= columns) { return; }
  ${before}
${each(tile, (i) => `let a${i} = ${a.first(`min(row + ${i}u, rows - 1u)`)};`)}
${each(tile, (j) => `let b${j} = ${b.first(`min(column + ${j}u, columns - 1u)`)};`)}
${each(tile, (i) => each(quads, (q) => `var sum${i}_${q} = vec4f();`))}
  var k = 0u;
  for (; k + ${UNROLL - 1}u < inner; k += ${UNROLL}u) {
${round(spec, UNROLL)}
  }
  for (; k < inner; k++) {
${round(spec, 1)}
  }
${each(tile, (i) => each(quads, (q) => `storeQuad(row + ${i}u, column + ${4 * q}u, rows, columns, sum${i}_${q});`))}
  ${after}
}`;
};
