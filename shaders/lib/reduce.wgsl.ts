/** Invocations of a workgroup that reduces together. */
export const REDUCE = 64;

/**
 * `reduceSum(value, local)`: the sum over a workgroup, by a tree, so that the order of summation is always the same.
 * @param type f32 or a vector: several sums in one tree share its barriers
 */
export const reduceSum = (type: "f32" | "vec3f") => `var<workgroup> partial: array<${type}, ${REDUCE}>;

fn reduceSum(value: ${type}, local: u32) -> ${type} {
  partial[local] = value;
  workgroupBarrier();
  for (var width = ${REDUCE / 2}u; width > 0u; width >>= 1u) {
    if (local < width) { partial[local] += partial[local + width]; }
    workgroupBarrier();
  }
  let total = partial[0];
  workgroupBarrier();
  return total;
}`;
