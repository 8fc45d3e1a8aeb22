import type { Beginning } from "../kernels/control-after.ts";
import type { Optimizer } from "../model/optimizer.ts";
import type { Backend } from "./backend.ts";
import type { StepRecord } from "./metrics.ts";
import type { Network } from "./network.ts";
import type { Failure } from "./numeric.ts";

/** Where a training stands, beside what its backend holds. */
export interface State<P = unknown> {
  readonly backend: Backend<P>;
  readonly network: Network;
  /** Where each network trains, for messages. */
  readonly places: readonly string[];
  /** How the first network begins. */
  begun: Beginning;
  optimizer: Optimizer;
  /** Steps by which the count of epochs is ahead of the steps: 0 unless other rows or batches came. */
  ahead: number;
  /** Whether a step was taken since the beginning, a load, a restart or new rows: it writes what no one else does. */
  stepped: boolean;
  /** The step that halted each network, if one did, and why, once that is known. */
  readonly halts: (StepRecord | undefined)[];
  readonly failures: (Failure | undefined)[];
}
