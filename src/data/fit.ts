import { checkNumbers } from "./check.ts";

/** How well predicted numbers fit. */
export interface Fit {
  /** √(Σ(p − y)²/n), in the target's unit. */
  readonly rmse: number;
  /** 1 − Σ(p − y)²/Σ(y − ȳ)²; NaN where all y are the same. */
  readonly r2: number;
}

/** @param predicted p `[n]` @param actual y `[n]` @throws ModelError for what are not as many numbers */
export function measureFit(predicted: ArrayLike<number>, actual: ArrayLike<number>): Fit {
  checkNumbers("measureFit", "actual", actual);
  checkNumbers("measureFit", "predicted", predicted, actual.length);
  const n = actual.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += actual[i] ?? 0;
  let residual = 0;
  let total = 0;
  for (let i = 0; i < n; i++) {
    const y = actual[i] ?? 0;
    residual += ((predicted[i] ?? 0) - y) ** 2;
    total += (y - sum / n) ** 2;
  }
  return { rmse: Math.sqrt(residual / n), r2: total === 0 ? Number.NaN : 1 - residual / total };
}
