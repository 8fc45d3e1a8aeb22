import { checkOptions, refuse, show } from "../model/options.ts";
import { count } from "../model/schedule.ts";
import type { FitOptions } from "./types.ts";

/** @throws ModelError unless `n` steps can be taken */
export function checkSteps(n: number): void {
  count("step", "steps", n, 1);
}

/** @throws ModelError unless so many epochs can be trained, until the signal if any */
export function checkFit(options: FitOptions): void {
  checkOptions("fit", options, { epochs: 1, signal: 0 });
  const { epochs, signal } = options;
  count("fit", "epochs", epochs, 1);
  if (signal === undefined || typeof signal?.aborted === "boolean") return;
  refuse("fit", `signal ${show(signal)}`, "an AbortSignal", "give the signal of an AbortController");
}

/** @throws ModelError unless `seed` is a u32 */
export function checkSeed(where: string, seed: number): void {
  count(where, "seed", seed, 0);
}

/** @returns the rows that there is room for @throws ModelError unless those of the data fit in */
export function checkCapacity(where: string, capacity: number | undefined, rows: number): number {
  if (capacity !== undefined) count(where, "capacity", capacity, rows);
  return capacity ?? rows;
}
