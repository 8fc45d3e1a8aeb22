/** Invocations of a workgroup that reduces together. */
export const REDUCE = 64;

/** `reduceSum(value, local)`: the sum over a workgroup, by a tree, so that the order of summation is always the same. */
export const reduceSum = `var<workgroup> partial: array<f32, ${REDUCE}>;

fn reduceSum(value: f32, local: u32) -> f32 {
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
