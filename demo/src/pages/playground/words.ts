import { count, figure } from "../../format.ts";
import type { Recovery } from "./contract.ts";

/** What helps where numbers grew beyond all bounds: more than the library can do. */
export const remedy =
  "go back to a step at which the loss was sound, then lower the learning rate η: the weights of this step are too large for any rate";

/** What was done, and what comes of it. */
export function told({ from, step, loss, rates: [before, after] }: Recovery): string {
  const way = from === step ? `Training stands at step ${count(step)}` : `Training went back from step ${count(from)}`;
  const where = step === 0 ? "to the first weights" : `to step ${count(step)}`;
  return `${from === step ? way : `${way} ${where}`}, where the loss is ${figure(loss)}, and the learning rate η is ${after} instead of ${before} from here on.`;
}
