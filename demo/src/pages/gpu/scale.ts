/** A logarithmic axis in whole powers of ten. */
export interface LogScale {
  /** Exponents of its ends. */
  readonly from: number;
  readonly to: number;
  /** Powers of ten along it. */
  readonly ticks: readonly number[];
  /** Where a value lies, from 0 to 1; values beyond an end lie at it. */
  at(value: number): number;
}

/** Spans all values; at least one power of ten. */
export function logScale(values: readonly number[]): LogScale {
  const positive = values.filter((value) => value > 0 && Number.isFinite(value));
  const from = positive.length === 0 ? 0 : Math.floor(Math.log10(Math.min(...positive)));
  const to = positive.length === 0 ? 1 : Math.max(from + 1, Math.ceil(Math.log10(Math.max(...positive))));
  return {
    from,
    to,
    ticks: Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i)),
    at: (value) => (value > 0 ? Math.min(1, Math.max(0, (Math.log10(value) - from) / (to - from))) : 0),
  };
}
