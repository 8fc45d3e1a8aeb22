import type { Faults } from "./faults.ts";

/**
 * What is wrong with given numbers, without its words: those are loaded by what fails alone. No caller gets to see one.
 */
export class Unfit<N extends keyof Faults = keyof Faults> extends Error {
  readonly fault: N;
  readonly given: Parameters<Faults[N]>;

  constructor(fault: N, given: Parameters<Faults[N]>) {
    super(fault);
    this.fault = fault;
    this.given = given;
  }
}

/** @throws Unfit, which `worded` makes the error that it stands for */
export function unfit<N extends keyof Faults>(fault: N, ...given: Parameters<Faults[N]>): never {
  throw new Unfit(fault, given);
}

/** Makes a call whose checks are without words. @throws the error with its words */
export const worded = <T>(call: () => Promise<T>): Promise<T> =>
  call().catch(async (cause: unknown) => {
    throw cause instanceof Unfit ? (await import("./faults.ts")).errorOf(cause) : cause;
  });
