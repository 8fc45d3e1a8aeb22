/**
 * Random numbers as a function of (seed, stream, index), without state: the same on every machine and in any order.
 * The mixer is the 32-bit finaliser `lowbias32` of Chris Wellons' hash-prospector (public domain), also used on the GPU.
 */

/** A bijective 32-bit mix with low bias. */
export function mix(x: number): number {
  let h = x >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

/** 32 random bits for (seed, stream, index). */
export const bits = (seed: number, stream: number, index: number): number =>
  mix(mix(mix(seed ^ 0x9e3779b9) + stream) + index);

/** Uniform on [0, 1), 53 bits. */
export const uniform01 = (seed: number, stream: number, index: number): number => {
  const high = bits(seed, 2 * stream, index) >>> 5;
  const low = bits(seed, 2 * stream + 1, index) >>> 6;
  return (high * 0x4000000 + low) / 0x20000000000000;
};

/** Standard normal by Box and Muller (1958). */
export const normal = (seed: number, stream: number, index: number): number => {
  const radius = Math.sqrt(-2 * Math.log(1 - uniform01(seed, stream, 2 * index)));
  return radius * Math.cos(2 * Math.PI * uniform01(seed, stream, 2 * index + 1));
};

/**
 * The order of an epoch: a bijection of 0 … rows − 1 computed per element, without storage. An alternating Feistel network
 * on ⌈log₂ rows⌉ bits, walked until the value lies below `rows` (Black & Rogaway 2002). The GPU computes the same.
 */
export function permute(index: number, rows: number, seed: number, epoch: number): number {
  const width = 32 - Math.clz32(rows - 1);
  const lowBits = width >> 1;
  const lowMask = 2 ** lowBits - 1;
  const highMask = 2 ** (width - lowBits) - 1;
  const key = mix(mix(seed ^ 0x85ebca6b) + epoch);
  let value = index;
  do {
    let low = value & lowMask;
    let high = value >>> lowBits;
    for (let round = 0; round < 8; round += 2) {
      high ^= mix(low ^ mix(key + round)) & highMask;
      low ^= mix(high ^ mix(key + round + 1)) & lowMask;
    }
    value = ((high << lowBits) | low) >>> 0;
  } while (value >= rows);
  return value;
}
