import { wgsl } from "wgsl-preprocessor/wgsl-preprocessor.js";
import type { MatmulVariant } from "../src/kernels/matmul.ts";

/** Rows and columns of the output that a workgroup computes: 8 × 8 invocations of 4 × 4 outputs. */
export const MATMUL_TILE = 32;

/**
 * c = a b (+ bias), one body for the three products of a dense layer:
 *
 *     Z = H Wᵀ + b    transposeB, bias   [batch, inputs] [units, inputs]ᵀ  → [batch, units]
 *     dH = dZ W                          [batch, units]  [units, inputs]   → [batch, inputs]
 *     gW = dZᵀ H      transposeA         [batch, units]ᵀ [batch, inputs]   → [units, inputs]
 *
 * Each invocation sums 4 × 4 outputs in registers, in the order of the inner index. Rows and columns past the edge are
 * clamped while loading, so that the loop has no branch, and are not stored.
 */
export const matmulSource = ({ transposeA, transposeB, bias }: MatmulVariant) => wgsl`
@group(0) @binding(1) var<uniform> control: Control;              // |B| bounds the rows, or with transposeA the inner size
@group(0) @binding(2) var<storage, read> a: array<f32>;           // [rows, inner], transposeA [inner, rows]
@group(0) @binding(3) var<storage, read> b: array<f32>;           // [inner, columns], transposeB [columns, inner]
@group(0) @binding(4) var<storage, read_write> c: array<f32>;     // [rows, columns]
#if ${bias}
@group(0) @binding(5) var<storage, read> bias: array<f32>;        // [columns]
#endif

@compute @workgroup_size(8, 8)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let columns = dims.columns;
#if ${transposeA}
  let rows = dims.rows;
  let inner = control.rows;
#else
  let rows = control.rows;
  let inner = dims.inner;
#endif
  let across = (columns + ${MATMUL_TILE - 1}u) / ${MATMUL_TILE}u;
  let tile = workgroupIndex(group, groups);
  let row = (tile / across) * ${MATMUL_TILE}u + local.y * 4u;
  let column = (tile % across) * ${MATMUL_TILE}u + local.x * 4u;
  if (row >= rows || column >= columns) { return; }

  let i = min(vec4u(row, row + 1u, row + 2u, row + 3u), vec4u(rows - 1u));
  let j = min(vec4u(column, column + 1u, column + 2u, column + 3u), vec4u(columns - 1u));
#if ${transposeA}
  var atA = i;
  let stepA = rows;
#else
  var atA = i * inner;
  let stepA = 1u;
#endif
#if ${transposeB}
  var atB = j * inner;
  let stepB = 1u;
#else
  var atB = j;
  let stepB = columns;
#endif
  var sum0 = vec4f();
  var sum1 = vec4f();
  var sum2 = vec4f();
  var sum3 = vec4f();
  for (var k = 0u; k < inner; k++) {
    let bk = vec4f(b[atB.x], b[atB.y], b[atB.z], b[atB.w]);
    sum0 += a[atA.x] * bk;
    sum1 += a[atA.y] * bk;
    sum2 += a[atA.z] * bk;
    sum3 += a[atA.w] * bk;
    atA += vec4u(stepA);
    atB += vec4u(stepB);
  }
#if ${bias}
  let offset = vec4f(bias[j.x], bias[j.y], bias[j.z], bias[j.w]);
  sum0 += offset;
  sum1 += offset;
  sum2 += offset;
  sum3 += offset;
#endif
  store(row, column, rows, columns, sum0);
  store(row + 1u, column, rows, columns, sum1);
  store(row + 2u, column, rows, columns, sum2);
  store(row + 3u, column, rows, columns, sum3);
}

fn store(row: u32, column: u32, rows: u32, columns: u32, value: vec4f) {
  if (row >= rows) { return; }
  let at = row * columns + column;
  c[at] = value.x;
  if (column + 1u < columns) { c[at + 1u] = value.y; }
  if (column + 2u < columns) { c[at + 2u] = value.z; }
  if (column + 3u < columns) { c[at + 3u] = value.w; }
}
`;
