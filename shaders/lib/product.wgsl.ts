import type { Tile } from "../../src/kernels/tile.ts";

/** Lanes of a subgroup that share their loads: every subgroup has at least so many. */
const SHARE = 4;

/** Element (i, k) of an operand whose index along the inner side is k: `load(first(i) + at(k))`, as WGSL expressions. */
export interface ProductOperand {
  readonly first: (i: string) => string;
  readonly at: (k: string) => string;
  readonly load: (index: string) => string;
}

/** What a product needs to know of its operands, as WGSL expressions. */
export interface ProductSpec {
  readonly tile: Tile;
  readonly rows: string;
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

/** `text` for 0 … count − 1, one a line. */
const each = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join("\n");

/**
 * Entry point of c(i, j) = Σₖ a(i, k) b(k, j), the body of every product of a dense layer.
 *
 * The invocations of a workgroup lie along the columns, or along the rows with `swap`: that side is `across`, and they share the
 * operand of the other, `along`. Each keeps tile.along × tile.across sums in registers and takes them over k = 0, 1, 2, … in
 * order, so that a sum depends neither on the tile nor on how its operands are loaded. What lies past the edge is clamped
 * while loading, so that the loop has no branch, and is not stored.
 *
 * Several k are added in one expression, since on a CPU's adapter each assignment to a variable costs as much as
 * three multiply-adds. There a load costs nine, whatever its address: with `subgroups` four lanes load four k of the shared
 * operand at once and hand them round.
 */
export const product = (spec: ProductSpec) => {
  const { tile, from = "0u", inner, store, eachRow, before = "", after = "" } = spec;
  const { along, across, lanes, unroll, swap, subgroups } = tile;
  const [shared, own] = swap ? [spec.b, spec.a] : [spec.a, spec.b];
  const onceARow = swap
    ? `if (block / blocks == 0u) {
    for (var n = 0u; n < ${across}u; n++) {
      let i = acrossIndex + n * ${lanes}u;
      if (i < rows) { eachRow(i); }
    }
  }`
    : `if (block % blocks == 0u) {
    for (var i = alongIndex + local; i < min(alongIndex + ${along}u, rows); i += ${lanes}u) { eachRow(i); }
  }`;

  /** Loads and multiply-adds of `count` inner indices from k on, in their order. */
  const round = (count: number): string => {
    const quads = subgroups ? Math.floor(count / SHARE) : 0;
    const chain = (i: number, j: number) =>
      Array.from({ length: count }, (_, u) => ` + s${i}_${u} * o${j}_${u}`).join("");
    return [
      each(count, (u) => `let ok${u} = ${own.at(`(k + ${u}u)`)};`),
      each(across, (j) => each(count, (u) => `let o${j}_${u} = ${own.load(`own${j} + ok${u}`)};`)),
      quads > 0
        ? each(quads, (q) => `let sk${q} = ${shared.at(`(k + ${SHARE * q}u + lane)`)};`)
        : each(count, (u) => `let sk${u} = ${shared.at(`(k + ${u}u)`)};`),
      each(along, (i) =>
        [
          each(quads, (q) => `let quad${i}_${q} = ${shared.load(`shared${i} + sk${q}`)};`),
          each(count, (u) =>
            quads > 0
              ? `let s${i}_${u} = subgroupBroadcast(quad${i}_${Math.floor(u / SHARE)}, ${u % SHARE}u);`
              : `let s${i}_${u} = ${shared.load(`shared${i} + sk${u}`)};`,
          ),
          each(across, (j) => `sum${i}_${j} = sum${i}_${j}${chain(i, j)};`),
        ].join("\n"),
      ),
    ].join("\n");
  };

  const sums = Array.from({ length: along }, (_, i) => Array.from({ length: across }, (_, j) => `sum${i}_${j}`));
  const rowsOfSums = sums.map((row) => `array<f32, ${across}>(${row.join(", ")})`).join(", ");
  const put = (q: string, n: string) => (swap ? `store(${q}, p, sums[m][${n}]);` : `store(p, ${q}, sums[m][${n}]);`);
  return `
fn store(i: u32, j: u32, value: f32) {
  ${store}
}
${eachRow === undefined ? "" : `fn eachRow(i: u32) {\n  ${eachRow}\n}`}

@compute @workgroup_size(${lanes})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
  ${subgroups ? "@builtin(subgroup_invocation_id) subgroupLane: u32," : ""}
) {
  let rows = ${spec.rows};
  let inner = ${inner};
  let columns = ${spec.columns};
  let alongSize = ${swap ? "columns" : "rows"};
  let acrossSize = ${swap ? "rows" : "columns"};
  let blocks = (acrossSize + ${lanes * across - 1}u) / ${lanes * across}u;
  let block = workgroupIndex(group, groups);
  let alongIndex = (block / blocks) * ${along}u;
  let acrossIndex = (block % blocks) * ${lanes * across}u + local;
  if (alongIndex >= alongSize) { return; }
  ${before}
  ${subgroups ? `let lane = subgroupLane % ${SHARE}u;` : ""}
${each(along, (i) => `let shared${i} = ${shared.first(`min(alongIndex + ${i}u, alongSize - 1u)`)};`)}
${each(across, (j) => `let own${j} = ${own.first(`min(acrossIndex + ${j * lanes}u, acrossSize - 1u)`)};`)}
${each(along, (i) => each(across, (j) => `var sum${i}_${j} = 0.0;`))}
  let part = block * ${lanes}u + local;
  var k = ${from};
  for (; k + ${unroll - 1}u < inner; k += ${unroll}u) {
${round(unroll)}
  }
  for (; k < inner; k++) {
${round(1)}
  }
  var sums = array<array<f32, ${across}>, ${along}>(${rowsOfSums});
${each(across, (n) => `let q${n} = acrossIndex + ${n * lanes}u;`)}
  let inside = alongIndex + ${along}u <= alongSize && q${across - 1} < acrossSize;
  for (var m = 0u; m < min(${along}u, alongSize - alongIndex); m++) {
    let p = alongIndex + m;
    if (inside) {
${each(across, (n) => `${put(`q${n}`, `${n}`)}`)}
    } else {
      for (var n = 0u; n < ${across}u; n++) {
        let q = acrossIndex + n * ${lanes}u;
        if (q < acrossSize) { ${put("q", "n")} }
      }
    }
  }
  ${eachRow === undefined ? "" : onceARow}
  ${after}
}`;
};
