import { ChainruleError } from "../../src/errors.ts";
import { errorOf } from "../../src/run/faults.ts";
import { Unfit } from "../../src/run/unfit.ts";

/** `PlanError: where: got …, expected …; remedy.`, the error that a call throws; other errors are thrown on. */
export function refusal(call: () => unknown): string {
  try {
    call();
  } catch (thrown) {
    const error = thrown instanceof Unfit ? errorOf(thrown) : thrown;
    if (error instanceof ChainruleError) return `${error.name}: ${error.message}`;
    throw error;
  }
  return "no error";
}
