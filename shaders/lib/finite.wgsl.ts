/** Tests the exponent's bits: comparisons such as `x != x` are optimised away on some drivers. */
export const finite = `fn finite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u; }`;

/** Whether an expression is NaN, by its bits. */
export const isNan = (x: string) => `((bitcast<u32>(${x}) & 0x7fffffffu) > 0x7f800000u)`;

/** eᵈ, which passes a NaN on: the built-in of some adapters makes a number of it. */
export const exponential = `fn exponential(d: f32) -> f32 { return select(exp(d), d, ${isNan("d")}); }`;
