import { each, outputFunctions, type Product, type ProductOperand, range } from "./product-parts.wgsl.ts";

/**
 * The same sums in the same order as `product`, for GPUs, whose invocations would else load far apart, and each number many times.
 *
 * A workgroup takes a square of side × side invocations with tile.along × tile.across outputs each, four by four side by side. Round
 * by round all of them bring `unroll` inner indices of both operands into workgroup memory, in blocks of 4 × 4 numbers, and
 * then each reads the fours of its rows and columns there. A block's four numbers of one inner index are a vector there, however
 * they lie outside, so a block whose numbers are next to each other along the inner side is transposed. Lines are one vector longer
 * than what they hold, so that the columns of such blocks do not all lie in the same banks of the memory.
 *
 * What lies past the edge of the output is clamped while loading and not stored. Past the end of the sums are zeros: they change no
 * sum, since one that begins with +0 never becomes −0.
 */
export const stagedProduct: Product = (spec) => {
  const { tile, from = "0u", varying = false, inner, eachRow, before = "", after = "" } = spec;
  const { along, across, lanes, unroll } = tile;
  const side = Math.sqrt(lanes);
  const [rowFours, columnFours] = [(side * along) / 4, (side * across) / 4];
  const chunks = unroll / 4;

  /** Statements that bring an operand's blocks of this round into workgroup memory. */
  const stage = (name: string, fours: number, operand: ProductOperand, first: string, size: string): string => {
    const { contiguous, vectors, load, at } = operand;
    const clamped = (r: string) => `min(${first} + four * 4u + ${r}, ${size} - 1u)`;
    const kept = (value: string, u: number) =>
      `select(${vectors ? "vec4f()" : "0.0"}, ${value}, first${vectors === "inner" ? "" : ` + ${u}u`} < inner)`;
    const lineAt = (u: number) => operand.at(`min(first + ${u}u, inner - 1u)`);
    const block = {
      inner: () => `
      let quad = ${at(`(min(first, inner - 4u) / 4u)`)};
      let block = transpose(mat4x4f(${range(4)
        .map((r) => kept(load(`${operand.first(clamped(`${r}u`))} + quad`), 0))
        .join(", ")}));`,
      outer: () => `
      let line = ${operand.first(`(min(${first} + four * 4u, ${size} - 4u) / 4u)`)};
      let block = mat4x4f(${range(4)
        .map((u) => kept(load(`line + ${lineAt(u)}`), u))
        .join(", ")});`,
      none: () => `
      ${each(4, (r) => `let line${r} = ${operand.first(clamped(`${r}u`))};`)}
      ${each(4, (u) => `let at${u} = ${lineAt(u)};`)}
      let block = mat4x4f(${range(4)
        .flatMap((u) => range(4).map((r) => kept(load(`line${r} + at${u}`), u)))
        .join(", ")});`,
    }[vectors ?? "none"]();
    // Invocations that are next to each other load numbers that are.
    const [four, chunk] =
      contiguous === "inner" ? [`t / ${chunks}u`, `t % ${chunks}u`] : [`t % ${fours}u`, `t / ${fours}u`];
    return `
    for (var t = local; t < ${fours * chunks}u; t += ${lanes}u) {
      let four = ${four};
      let into = (${chunk}) * 4u;
      let first = k + into;
      ${block}
      ${each(4, (u) => `${name}[(into + ${u}u) * ${fours + 1}u + four] = block[${u}];`)}
    }`;
  };

  return `${outputFunctions(spec)}

var<workgroup> stagedA: array<vec4f, ${unroll * (rowFours + 1)}>;
var<workgroup> stagedB: array<vec4f, ${unroll * (columnFours + 1)}>;

@compute @workgroup_size(${lanes})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let rows = ${spec.rows};
  let inner = ${inner};
  let columns = ${spec.columns};
  let blocks = (columns + ${columnFours * 4 - 1}u) / ${columnFours * 4}u;
  let block = workgroupIndex(group, groups);
  let topRow = (block / blocks) * ${rowFours * 4}u;
  let leftColumn = (block % blocks) * ${columnFours * 4}u;
  ${varying ? "" : "if (topRow >= rows) { return; }"}
  ${before}
  ${spec.a.declaration}
  ${spec.b.declaration}
  let row = local / ${side}u;
  let column = local % ${side}u;
${each(along, (m) => each(across / 4, (n) => `var sum${m}_${n} = vec4f();`))}
  for (var k = ${from}; k < inner; k += ${unroll}u) {
${stage("stagedA", rowFours, spec.a, "topRow", "rows")}
${stage("stagedB", columnFours, spec.b, "leftColumn", "columns")}
    workgroupBarrier();
    for (var u = 0u; u < ${unroll}u; u++) {
${each(along / 4, (m) => `let a${m} = stagedA[u * ${rowFours + 1}u + ${m * side}u + row];`)}
${each(across / 4, (n) => `let b${n} = stagedB[u * ${columnFours + 1}u + ${n * side}u + column];`)}
${each(along, (m) => each(across / 4, (n) => `sum${m}_${n} += a${Math.floor(m / 4)}[${m % 4}] * b${n};`))}
    }
    workgroupBarrier();
  }
  var sums = array<array<vec4f, ${across / 4}>, ${along}>(${range(along)
    .map(
      (m) =>
        `array<vec4f, ${across / 4}>(${range(across / 4)
          .map((n) => `sum${m}_${n}`)
          .join(", ")})`,
    )
    .join(", ")});
  for (var m = 0u; m < ${along}u; m++) {
    let i = topRow + m / 4u * ${4 * side}u + row * 4u + m % 4u;
    if (i >= rows) { continue; }
${each(
  across,
  (n) => `{
      let j = leftColumn + ${Math.floor(n / 4) * 4 * side + (n % 4)}u + column * 4u;
      if (j < columns) { store(i, j, sums[m][${Math.floor(n / 4)}][${n % 4}]); }
    }`,
)}
  }
  ${
    eachRow === undefined
      ? ""
      : `if (leftColumn == 0u) {
    for (var i = topRow + local; i < min(topRow + ${rowFours * 4}u, rows); i += ${lanes}u) { eachRow(i); }
  }`
  }
  let part = block * ${lanes}u + local;
  ${after}
}`;
};
