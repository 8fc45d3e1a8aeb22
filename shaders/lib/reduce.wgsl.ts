/**
 * `reduceSum(value, local)`: for the first invocation the sum over the workgroup, in order, so that it is always the same.
 * @param type f32 or a vector: several sums share the barrier
 */
export const reduceSum = (type: "f32" | "vec3f", group: number) => `var<workgroup> partial: array<${type}, ${group}>;

fn reduceSum(value: ${type}, local: u32) -> ${type} {
  partial[local] = value;
  workgroupBarrier();
  var total = partial[0];
  if (local == 0u) {
    for (var i = 1u; i < ${group}u; i++) { total += partial[i]; }
  }
  return total;
}`;
