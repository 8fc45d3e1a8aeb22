/** Type of the elements of an operand that may be f16. */
export const halfType = (half: boolean) => (half ? "f16" : "f32");

/**
 * How an element of an operand that may be f16 is loaded: as f32, since the product of two f16 is exact there. Rounded to f16 it
 * would be wrong by as much as its factors, could overflow, and would cost a conversion for each term rather than each load.
 */
export const halfLoad = (name: string, half: boolean) => (index: string) =>
  half ? `f32(${name}[${index}])` : `${name}[${index}]`;
