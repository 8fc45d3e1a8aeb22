import { reading } from "../model/options.ts";
import { Unfit } from "../model/unfit.ts";
import type { Faults } from "./faults.ts";

/** @throws Unfit, which `taking` makes the error that it stands for */
export function unfit<N extends keyof Faults>(fault: N, ...given: Parameters<Faults[N]>): never {
  throw new Unfit(fault, given);
}

/**
 * Makes a call: `begin` checks and copies at once what it was given, and gives the promise of the rest, which has nothing else.
 * @throws the error of a check that is without words, with its words
 */
export async function taking<T>(where: string, begin: (where: string) => Promise<T>): Promise<T> {
  try {
    return await reading(where, () => begin(where));
  } catch (cause) {
    throw cause instanceof Unfit ? (await import("./faults.ts")).errorOf(cause) : cause;
  }
}
