import { ChainruleError } from "../../src/errors.ts";

/** `PlanError: where: got …, expected …; remedy.`, the error that a call throws; other errors are thrown on. */
export function refusal(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof ChainruleError) return `${error.name}: ${error.message}`;
    throw error;
  }
  return "no error";
}
