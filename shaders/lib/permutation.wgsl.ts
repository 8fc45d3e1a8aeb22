/** The order of an epoch, computed per element: the twin of `permute` in `src/model/random.ts`. */
export const permutation = `fn mix(x: u32) -> u32 {
  var h = x;
  h = (h ^ (h >> 16u)) * 0x7feb352du;
  h = (h ^ (h >> 15u)) * 0x846ca68bu;
  return h ^ (h >> 16u);
}
fn permute(index: u32, rows: u32, seed: u32, epoch: u32) -> u32 {
  let width = 32u - countLeadingZeros(rows - 1u);
  let lowBits = width >> 1u;
  let lowMask = (1u << lowBits) - 1u;
  let highMask = (1u << (width - lowBits)) - 1u;
  let key = mix(mix(seed ^ 0x85ebca6bu) + epoch);
  var value = index;
  loop {
    var low = value & lowMask;
    var high = value >> lowBits;
    for (var round = 0u; round < 8u; round += 2u) {
      high ^= mix(low ^ mix(key + round)) & highMask;
      low ^= mix(high ^ mix(key + round + 1u)) & lowMask;
    }
    value = (high << lowBits) | low;
    if (value < rows) { break; }
  }
  return value;
}`;
