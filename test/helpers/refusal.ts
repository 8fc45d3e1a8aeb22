import { ChainruleError } from "../../src/errors.ts";
import { Unfit } from "../../src/model/unfit.ts";
import { errorOf } from "../../src/run/faults.ts";

/** What a call throws, with the words of a check that is without; undefined where it throws nothing. */
export function worded(call: () => unknown): unknown {
  try {
    call();
  } catch (thrown) {
    return thrown instanceof Unfit ? errorOf(thrown) : thrown;
  }
  return undefined;
}

/** `PlanError: where: got …, expected …; remedy.`, the error that a call throws; other errors are thrown on. */
export function refusal(call: () => unknown): string {
  const error = worded(call);
  if (error === undefined) return "no error";
  if (error instanceof ChainruleError) return `${error.name}: ${error.message}`;
  throw error;
}
