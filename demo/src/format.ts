/** Numbers and times as text. */

const whole = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

/** `12,345` */
export const count = (value: number): string => whole.format(value);

/** `12.3K` */
export const compact = (value: number): string => short.format(value);

/** A share as `97.3 %`. */
export const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;

/** Four significant digits, without an exponent where that is short: a price is `345700`. */
export function figure(value: number): string {
  if (value === 0) return "0";
  const magnitude = Math.abs(value);
  if (!(magnitude >= 1e-3 && magnitude < 1e9)) return value.toExponential(3);
  // Of more than four digits before the point, toPrecision itself makes an exponent.
  return magnitude < 1e3 ? value.toPrecision(4) : String(Number(value.toPrecision(4)));
}

/** `42 s`, `3 min 5 s`, `1 h 2 min` */
export function duration(seconds: number): string {
  const rounded = Math.max(0, Math.round(seconds));
  if (rounded < 60) return `${rounded} s`;
  if (rounded < 3600) return `${Math.floor(rounded / 60)} min ${rounded % 60} s`;
  return `${Math.floor(rounded / 3600)} h ${Math.floor((rounded % 3600) / 60)} min`;
}
