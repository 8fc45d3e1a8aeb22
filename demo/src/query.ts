/** Options in the query of an address. */

/** The one of some values that the query has under a name, by its text; `otherwise` where it has none of them. */
export const pick = <T>(
  query: URLSearchParams,
  name: string,
  values: readonly T[],
  otherwise: T,
  textOf: (value: T) => string = String,
): T => values.find((value) => textOf(value) === query.get(name)) ?? otherwise;

/** The number that the query has under a name, if it fits. */
export function number(
  query: URLSearchParams,
  name: string,
  otherwise: number,
  fits: (value: number) => boolean,
): number {
  const text = query.get(name);
  if (text === null || text === "") return otherwise;
  const value = Number(text);
  return fits(value) ? value : otherwise;
}

/** Whether a value is a whole number of a range. */
export const whole =
  (least: number, most: number) =>
  (value: number): boolean =>
    Number.isInteger(value) && value >= least && value <= most;

/** Whether a value is a number for the GPU, which has 32 bits for it. */
const isFloat = (value: number): boolean => Number.isFinite(Math.fround(value));

export const isRate = (value: number): boolean => isFloat(value) && Math.fround(value) > 0;

export const isDecay = (value: number): boolean => isFloat(value) && value >= 0;

export const isSeed = whole(0, 2 ** 32 - 1);

/** Names as one text, parted by commas: `%2C` stands for a comma within a name, and `%25` for `%`. */
export const namesText = (names: readonly string[]): string =>
  names.map((name) => name.replace(/[%,]/g, encodeURIComponent)).join(",");

/** Reads what `namesText` wrote. */
export const parseNames = (text: string): string[] =>
  text
    .split(",")
    .filter(Boolean)
    .map((name) => name.replace(/%2C|%25/g, decodeURIComponent));

/** What differs between options, each as text. */
export function changesOf(options: object, from: object): URLSearchParams {
  const before = new Map(Object.entries(from).map(([name, value]) => [name, String(value)]));
  const texts = Object.entries(options).map(([name, value]): [string, string] => [name, String(value)]);
  return new URLSearchParams(texts.filter(([name, text]) => before.get(name) !== text));
}
