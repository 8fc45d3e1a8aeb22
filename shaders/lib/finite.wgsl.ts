/** Tests the exponent's bits: comparisons such as `x != x` are optimised away on some drivers. */
export const finite = `fn finite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u; }`;

/** eᵈ for d ≤ 0, which passes a NaN on: the built-in of some adapters makes a number of it. */
export const exponential = `fn exponential(d: f32) -> f32 { return select(exp(d), d, !(d <= 0.0)); }`;
