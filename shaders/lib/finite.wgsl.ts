/** Tests the exponent's bits: comparisons such as `x != x` are optimised away on some drivers. */
export const finite = `fn finite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u; }`;
