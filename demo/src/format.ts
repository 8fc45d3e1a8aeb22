import { language } from "./locale.ts";

/** Numbers and times as text, and numbers out of it. Nothing else of the site writes a number, so that all are of one language. */
export interface Numbers {
  /** `12,345` */
  count(value: number): string;
  /** `12.3K` */
  compact(value: number): string;
  /** A share as `97.3 %`. */
  percent(value: number): string;
  /** Four significant digits, without an exponent where that is short: a price is `345700`. */
  figure(value: number): string;
  /** A number as it is: `0.03`. */
  plain(value: number): string;
  /** So many decimals: `0.30`. */
  fixed(value: number, decimals: number): string;
  /** So many significant digits: `12.0`. */
  precise(value: number, digits: number): string;
  /** So many significant digits at most: `12`. */
  rounded(value: number, digits: number): string;
  /** `1.2e-5`; one decimal if left out. */
  scientific(value: number, decimals?: number): string;
  /** The mark of an axis: `12,500`, `0.25`, `1e-5`. */
  mark(value: number): string;
  /** A number that another has written in English, without signs between its thousands: `4.0 GiB`. */
  local(text: string): string;
  /**
   * What was typed as a program writes it, `0.03`; undefined where that is no number, or may be either of two.
   *
   * A point is a decimal sign everywhere, and the visitor's comma is one where their language says so. Spaces and
   * apostrophes between thousands are left out. But `1,000` is a thousand to some and one to others, as `1.000` is where commas are
   * decimal: neither is taken.
   */
  typed(text: string): string | undefined;
}

/** How a language writes numbers, always in the digits 0 to 9. @param tag such as `de-CH` */
export function numbersIn(tag: string): Numbers {
  const latin = { numberingSystem: "latn" } as const;
  const whole = new Intl.NumberFormat(tag, latin);
  const marks = new Intl.NumberFormat(tag, { ...latin, maximumSignificantDigits: 6 });
  // The letters are those of the site's own language.
  const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
  const sign = whole.formatToParts(0.5).find(({ type }) => type === "decimal")?.value ?? ".";
  const local = (text: string): string => text.replace(".", sign);

  const plain = (value: number): string => local(String(value));
  const rounded = (value: number, digits: number): string => plain(Number(value.toPrecision(digits)));
  const scientific = (value: number, decimals = 1): string => local(value.toExponential(decimals));
  return {
    count: (value) => whole.format(value),
    compact: (value) => local(short.format(value)),
    percent: (value) => `${local((100 * value).toFixed(1))} %`,
    figure(value) {
      if (value === 0) return "0";
      const magnitude = Math.abs(value);
      if (!(magnitude >= 1e-3 && magnitude < 1e9)) return scientific(value, 3);
      // Of more than four digits before the point, toPrecision itself makes an exponent.
      return magnitude < 1e3 ? local(value.toPrecision(4)) : rounded(value, 4);
    },
    plain,
    fixed: (value, decimals) => local(value.toFixed(decimals)),
    precise: (value, digits) => local(value.toPrecision(digits)),
    rounded,
    scientific,
    mark(value) {
      if (value === 0 || Math.abs(value) >= 1e-3) return marks.format(value);
      return local(Number(value.toPrecision(3)).toExponential());
    },
    local,
    typed(text) {
      const given = text.trim().replace(/(?<=\d)[\s'’](?=\d{3}(?!\d))/g, "");
      const parts = sign === "," && /^[+-]?[1-9]\d{0,2}\.\d{3}$/.test(given);
      const read = sign === "," && !given.includes(".") ? given.replace(",", ".") : given;
      return !parts && decimal.test(read) ? read : undefined;
    },
  };
}

/** As the library's tables have it. */
const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

export const { count, compact, percent, figure, plain, fixed, precise, rounded, scientific, mark, local, typed } =
  numbersIn(language);

/** `42 s`, `3 min 5 s`, `1 h 2 min` */
export function duration(seconds: number): string {
  const rounded = Math.max(0, Math.round(seconds));
  if (rounded < 60) return `${rounded} s`;
  if (rounded < 3600) return `${Math.floor(rounded / 60)} min ${rounded % 60} s`;
  return `${Math.floor(rounded / 3600)} h ${Math.floor((rounded % 3600) / 60)} min`;
}
