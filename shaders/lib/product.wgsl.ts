import type { ProductSide, Tile } from "../../src/kernels/tile.ts";

/** Numbers of a vector, and lanes of a subgroup that share their loads: every subgroup has at least so many. */
const FOUR = 4;

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
  /** Type of what is loaded at once: a number, or the four that lie side by side. */
  readonly type: string;
  /** Along which side those four lie; undefined where numbers are loaded one by one. */
  readonly vectors: "inner" | "outer" | undefined;
  /** Statement that must stand before `first` and `at`. */
  readonly declaration: string;
  readonly first: (i: string) => string;
  readonly at: (k: string) => string;
  readonly load: (index: string) => string;
}

/** An operand that is loaded as the tile says. With vectors i, and k where they lie along it, count by fours. */
export function productOperand(tile: Tile, side: ProductSide, layout: OperandLayout): ProductOperand {
  const { contiguous, line = (index: string) => index, load } = layout;
  const vectors = layout.type === "f32" && takesVectors(tile, side, contiguous) ? contiguous : undefined;
  const place = (index: string) => `${line(index)} * ${side}Size`;
  const itself = (index: string) => index;
  const [first, at] = contiguous === "inner" ? [place, itself] : [itself, place];
  const declaration = `let ${side}Size = ${layout.size}${vectors ? ` / ${FOUR}u` : ""};`;
  return { type: vectors ? "vec4f" : layout.type, vectors, declaration, first, at, load };
}

/**
 * Whether an operand is loaded by fours: along the inner side, or along the columns where the invocations lie across them, each of
 * which then has four outputs side by side.
 */
function takesVectors(
  { across, unroll, swap, vectorA, vectorB }: Tile,
  side: ProductSide,
  contiguous: string,
): boolean {
  if (!(side === "a" ? vectorA : vectorB)) return false;
  return contiguous === "inner" ? unroll % FOUR === 0 : side === "b" && !swap && across % FOUR === 0;
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

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** `text` for 0 … count − 1, one a line. */
const each = (count: number, text: (index: number) => string): string => range(count).map(text).join("\n");

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
export const product = (spec: ProductSpec) => {
  const { tile, from = "0u", inner, store, eachRow, before = "", after = "" } = spec;
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
        : each(left.rounds, (u) => `let shared${m}_${u} = ${swapOf[m % FOUR]}(shared${m - (m % FOUR)}_${u});`);
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
