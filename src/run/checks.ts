import { checkOptions, reading, refuse, show } from "../model/options.ts";
import { count } from "../model/schedule.ts";
import type { FitOptions } from "./types.ts";

/** @returns a copy of the options @throws ModelError unless so many epochs can be trained, until the signal if any */
export const checkFit = (options: FitOptions): FitOptions =>
  reading("fit", () => {
    const given = checkOptions("fit", options, { epochs: 1, signal: 0 });
    const { epochs, signal } = given;
    count("fit", "epochs", epochs, 1);
    if (signal === undefined || typeof signal?.aborted === "boolean") return given;
    refuse("fit", `signal ${show(signal)}`, "an AbortSignal", "give the signal of an AbortController");
  });

/** @returns the rows that there is room for @throws ModelError unless those of the data fit in */
export function checkCapacity(where: string, rows: number, capacity = rows): number {
  count(where, "capacity", capacity, rows);
  return capacity;
}
