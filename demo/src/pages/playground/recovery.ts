import type { Curves } from "../../worker/curves.ts";
import { rates } from "./options.ts";

/** How far the learning rate goes down. */
const LOWER = 10;

/** The usual rate next to a tenth of another, or that tenth where there is none as low. */
export function lowered(rate: number): number {
  const wanted = rate / LOWER;
  return rates.findLast((one) => one <= wanted * (1 + 1e-9)) ?? Number(wanted.toPrecision(3));
}

/**
 * Steps at which training may have been sound, by its curve: the last with a loss that is no larger than at first, then ever earlier
 * ones, and at last the beginning.
 */
export function soundSteps({ steps, train }: Curves): number[] {
  const [first = Number.NaN] = train;
  const sound = steps.filter((_, i) => (train[i] ?? Number.NaN) <= first);
  const found: number[] = [];
  for (let back = 1; back <= sound.length; back *= 2) found.push(sound.at(-back) ?? 0);
  return [...found, 0];
}
