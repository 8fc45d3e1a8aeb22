/** Largest f16. What lies beyond is not rounded down to it, but counts as out of range. */
export const LARGEST_HALF = 65_504;

/** Least spacing of f16, that of its subnormal numbers. */
const LEAST_SPACING = 2 ** -24;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
// Where the exponent of a double lies depends on the machine.
double[0] = -0;
const high = words[1] === 0 ? 0 : 1;

/** e of a double in [2ᵉ, 2ᵉ⁺¹), exactly, where a logarithm may round up. */
function exponentOf(value: number): number {
  double[0] = value;
  return (((words[high] as number) >>> 20) & 0x7ff) - 1023;
}

/** Distance between the f16 around a number: 2ᵉ⁻¹⁰ in [2ᵉ, 2ᵉ⁺¹), and 2⁻²⁴ below 2⁻¹⁴. */
export const halfSpacing = (value: number): number => Math.max(2 ** (exponentOf(value) - 10), LEAST_SPACING);

/** The f16 nearest to a number, of two the one whose last bit is 0; infinite from 65,520 on (IEEE 754 binary16). */
export function roundToHalf(value: number): number {
  if (!Number.isFinite(value)) return value;
  const spacing = halfSpacing(value);
  const places = Math.abs(value) / spacing;
  const below = Math.floor(places);
  const rest = places - below;
  const up = rest > 0.5 || (rest === 0.5 && below % 2 === 1);
  const rounded = (up ? below + 1 : below) * spacing;
  const magnitude = rounded > LARGEST_HALF ? Number.POSITIVE_INFINITY : rounded;
  return value < 0 || Object.is(value, -0) ? -magnitude : magnitude;
}

/** The first `length` f16 of some words, two in each, the first in the lower bits. */
export function decodeHalf(packed: Uint32Array<ArrayBuffer>, length: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, (_, i) => fromBits(((packed[i >> 1] ?? 0) >>> (16 * (i % 2))) & 0xffff));
}

/** Sign, 5 bits of the exponent, 10 of the fraction. */
function fromBits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * LEAST_SPACING : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
