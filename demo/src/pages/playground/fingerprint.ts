import type { Training } from "../../worker/training.ts";

/** Twelve digits of a hash of all parameters: equal for equal bits. */
export const fingerprint = async (training: Training): Promise<string> =>
  hash(Object.values(await training.parameters()));

/** Two 32-bit sums that mix each other in at the end, as in cyrb53. Browsers keep SHA-256 from pages that came over http. */
export function hash(parts: readonly Float32Array[]): string {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (const part of parts) {
    for (const word of new Uint32Array(part.buffer, part.byteOffset, part.length)) {
      a = Math.imul(a ^ word, 0x9e3779b1);
      b = Math.imul(b ^ word, 0x5f356495);
      a ^= a >>> 15;
      b ^= b >>> 13;
    }
  }
  const digits = (one: number, other: number) => {
    const mixed = Math.imul(one ^ (one >>> 16), 0x85ebca6b) ^ Math.imul(other ^ (other >>> 13), 0xc2b2ae35);
    return (mixed >>> 0).toString(16).padStart(8, "0");
  };
  return (digits(a, b) + digits(b, a)).slice(0, 12);
}
