import type { Tile } from "../../src/kernels/tile.ts";
import { each, FOUR, outputFunctions, type Product, type ProductOperand, range } from "./product-parts.wgsl.ts";

/**
 * Entry point of c(i, j) = Σₖ a(i, k) b(k, j), the body of every product of a dense layer.
 *
 * The invocations of a workgroup lie along the columns, or along the rows with `swap`: that side is `across`, and they share the
 * operand of the other, `along`. Each keeps tile.along × tile.across sums in registers and takes them over k = 0, 1, 2, … in
 * order, so that a sum depends neither on the tile nor on how its operands are loaded. What lies past the edge is clamped
 * while loading, so that the loop has no branch, and is not stored.
 *
 * A CPU's adapter compiles each lane's load into some sixty instructions, of which a third only find the place, so four numbers at
 * once are cheaper. It masks each variable that a loop carries, at the price of three multiply-adds, so several k are
 * added in one expression. With `subgroups` each of four lanes loads another row along, and they swap: lane l's sum m of
 * four is that of row m xor l. They do so right before the sums of that row, since what lives so briefly stays in a register.
 */
const product: Product = (spec) => {
  const { tile, from = "0u", inner, eachRow, before = "", after = "" } = spec;
  const { along, across, lanes, unroll, swap, subgroups } = tile;
  const [shared, own] = swap ? [spec.b, spec.a] : [spec.a, spec.b];
  const byFours = own.vectors === "outer";
  const swapped = subgroups ? along - (along % FOUR) : 0;
  const onceARow = swap
    ? `if (block / blocks == 0u) {
${each(across, (n) => `if (q${n} < rows) { eachRow(q${n}); }`)}
  }`
    : `if (block % blocks == 0u) {
    for (var i = alongIndex + local; i < min(alongIndex + ${along}u, rows); i += ${lanes}u) { eachRow(i); }
  }`;

  /** Statements that load number (n, k + u) of an operand for each n and u < count, and the expression of each. */
  const loads = (name: string, { vectors, at, load }: ProductOperand, indices: readonly number[], count: number) => {
    const element = (n: number, u: number): string => {
      if (vectors === "inner") return `${name}${n}_${Math.floor(u / FOUR)}[${u % FOUR}]`;
      return vectors === "outer" ? `${name}${n - (n % FOUR)}_${u}[${n % FOUR}]` : `${name}${n}_${u}`;
    };
    const rounds = vectors === "inner" ? count / FOUR : count;
    const statements = [
      each(rounds, (u) => `let ${name}k${u} = ${at(`(${vectors === "inner" ? "quad" : "k"} + ${u}u)`)};`),
      ...indices.map((n) => each(rounds, (u) => `let ${name}${n}_${u} = ${load(`${name}${n} + ${name}k${u}`)};`)),
    ];
    return { statements, element, rounds };
  };

  /** Loads and multiply-adds of `count` inner indices from k on, in their order. */
  const round = (count: number): string => {
    const left = loads("shared", shared, sharedIndices, count);
    const right = loads("own", own, ownIndices, count);
    const swaps = (m: number) =>
      m >= swapped || m % FOUR === 0
        ? ""
        : each(
            left.rounds,
            (u) => `let shared${m}_${u} = ${swapOf[m % FOUR] as string}(shared${m - (m % FOUR)}_${u});`,
          );
    const chain = (m: number, n: number) =>
      range(count)
        .map((u) => ` + ${left.element(m, u)} * ${right.element(n, u)}`)
        .join("");
    return [
      ...left.statements,
      ...right.statements,
      ...range(along).map((m) => `${swaps(m)}\n${each(across, (n) => `sum${m}_${n} = sum${m}_${n}${chain(m, n)};`)}`),
    ].join("\n");
  };

  const sharedIndices = range(along).filter((m) => m >= swapped || m % FOUR === 0);
  const ownIndices = range(across).filter((n) => !byFours || n % FOUR === 0);
  const whole = shared.vectors === "inner" || own.vectors === "inner";
  const sums = range(along).map((m) => range(across).map((n) => `sum${m}_${n}`));
  const rowsOfSums = sums.map((row) => `array<f32, ${across}>(${row.join(", ")})`).join(", ");
  const put = (q: string, n: string) => (swap ? `store(${q}, p, sums[m][${n}]);` : `store(p, ${q}, sums[m][${n}]);`);
  const lineOf = (m: number) => (m < swapped ? `(${m}u + lane)` : `${m}u`);
  return `${outputFunctions(spec)}

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
  let acrossIndex = (block % blocks) * ${lanes * across}u + local${byFours ? ` * ${FOUR}u` : ""};
  if (alongIndex >= alongSize) { return; }
  ${before}
  ${swapped > 0 ? `let lane = subgroupLane % ${FOUR}u;` : ""}
  ${shared.declaration}
  ${own.declaration}
${each(across, (n) => `let q${n} = acrossIndex + ${byFours ? (n - (n % FOUR)) * lanes + (n % FOUR) : n * lanes}u;`)}
${sharedIndices.map((m) => `let shared${m} = ${shared.first(`min(alongIndex + ${lineOf(m)}, alongSize - 1u)`)};`).join("\n")}
${ownIndices.map((n) => `let own${n} = ${own.first(byFours ? `(min(q${n}, acrossSize - ${FOUR}u) / ${FOUR}u)` : `min(q${n}, acrossSize - 1u)`)};`).join("\n")}
${each(along, (m) => each(across, (n) => `var sum${m}_${n} = 0.0;`))}
  let part = block * ${lanes}u + local;
  var k = ${from};
  ${whole ? `var quad = k / ${FOUR}u;` : ""}
  for (; k + ${unroll - 1}u < inner; k += ${unroll}u) {
${round(unroll)}
    ${whole ? `quad += ${unroll / FOUR}u;` : ""}
  }
${
  whole
    ? ""
    : `  for (; k < inner; k++) {
${round(1)}
  }`
}
  var sums = array<array<f32, ${across}>, ${along}>(${rowsOfSums});
  let inside = alongIndex + ${along}u <= alongSize && q${across - 1} < acrossSize;
  for (var m = 0u; m < ${along}u; m++) {
    let p = alongIndex + ${rowOfSum(along, swapped)};
    if (inside) {
${each(across, (n) => put(`q${n}`, `${n}`))}
    } else if (p < alongSize) {
      for (var n = 0u; n < ${across}u; n++) {
        let q = acrossIndex + ${byFours ? `n / ${FOUR}u * ${FOUR * lanes}u + n % ${FOUR}u` : `n * ${lanes}u`};
        if (q < acrossSize) { ${put("q", "n")} }
      }
    }
  }
  ${eachRow === undefined ? "" : onceARow}
  ${after}
}`;
};

/** Built-in functions that bring a lane the value of lane xor 1, 2 and 3. */
const swapOf = ["", "quadSwapX", "quadSwapY", "quadSwapDiagonal"];

/** Row of an invocation's sum m, counted from its first. */
const rowOfSum = (along: number, swapped: number): string => {
  if (swapped === 0) return "m";
  return swapped === along ? "(m ^ lane)" : `select(m, m ^ lane, m < ${swapped}u)`;
};

/** How a tile's product is computed; staged ones are loaded when the first is asked for. */
export const productOf = async ({ staged }: Tile): Promise<Product> =>
  staged ? (await import("./staged-product.wgsl.ts")).stagedProduct : product;
