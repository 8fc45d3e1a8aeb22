import { DataError, ShapeError } from "../errors.ts";
import { type ControlValues, encodeControl, initialControl } from "../kernels/control.ts";
import { type Beginning, controlAfter, decodeControl } from "../kernels/control-after.ts";
import { type Optimizer, updateRule } from "../model/optimizer.ts";
import { refuse } from "../model/options.ts";
import { resolveTensor } from "../plan/resolve.ts";
import type { Plan } from "../plan/types.ts";
import { type ByteScale, tableOf } from "./bytes.ts";
import type { Rows } from "./dataset.ts";
import type { Network } from "./network.ts";

/** What a training changes without a new plan, and what it refuses to. */

/** How a training goes on, and the numbers of the control block that say so. */
interface Change {
  readonly begun: Beginning;
  readonly control: Partial<ControlValues>;
}

/** What of an optimizer is compiled into a plan, in words. */
export function describeRule(optimizer: Optimizer): string {
  const { schedule, weightDecay, decay, decayBiases } = optimizer;
  const decaying = `decay ${decay}${decayBiases ? " of biases too" : ""}`;
  return `${updateRule(optimizer)}, schedule ${schedule.kind}, ${weightDecay > 0 ? decaying : "no decay"}`;
}

/**
 * Other numbers of an optimizer after `step` steps. The bias corrections stay: 1 − Πβ is the sum of the weights that the averages
 * hold, and the recurrence goes on with the new rates.
 * @param given that was checked
 * @throws ModelError where what is compiled would be another
 */
export function withOptimizer(
  own: Optimizer,
  given: Optimizer,
  { control }: Beginning,
  step: number,
  ahead: number,
): Change {
  const [got, expected] = [describeRule(given), describeRule(own)];
  if (got !== expected) {
    const remedy = "change numbers alone, or make a new trainer with setParameters or load";
    refuse("setOptimizer", got, `${expected}, as the trainer was made with`, remedy);
  }
  const { dataRows, batch, seed } = control;
  // As the GPU holds them.
  const initial = decodeControl(encodeControl(initialControl({ optimizer: given, dataRows, batch, seed })));
  const begun = { control: initial, schedule: given.schedule };
  const { learningRate } = controlAfter(begun, step, ahead);
  const { baseLearningRate, weightDecay, momentum, beta1, beta2, epsilon } = begun.control;
  const { scheduleSteps, scheduleValue, warmup, rest1, rest2 } = begun.control;
  const rates = { learningRate, baseLearningRate, weightDecay, momentum, beta1, beta2, epsilon, rest1, rest2 };
  return { begun, control: { ...rates, scheduleSteps, scheduleValue, warmup } };
}

/**
 * Other rows after `step` steps: the next one begins the next epoch.
 * @throws ShapeError where there is no room for them; DataError where they are of another form
 */
export function withData(
  { rows, inputs }: Rows,
  { bytes }: Network,
  plan: Plan,
  { control, schedule }: Beginning,
  step: number,
  ahead: number,
): Change & { readonly ahead: number } {
  const [capacity = 0] = resolveTensor(plan, "X").tensor.shape;
  if (rows > capacity) {
    const remedy = `give fewer rows, or make the trainer with capacity: ${rows}`;
    refuse("setData", `${rows} rows`, `at most ${capacity}, which there is room for`, remedy, ShapeError);
  }
  if ((bytes !== undefined) !== inputs instanceof Uint8Array) {
    const [got, expected] = bytes ? ["numbers", "bytes"] : ["bytes", "numbers"];
    refuse("setData: inputs", got, `${expected}, as the trainer was made with`, `give ${expected}`, DataError);
  }
  if (bytes && inputs instanceof Uint8Array) checkScale(bytes, inputs);
  const before = Math.ceil(control.dataRows / control.batch);
  const begun = { control: { ...control, dataRows: rows, rows: Math.min(control.batch, rows) }, schedule };
  const epoch = Math.ceil((step + ahead) / before);
  const next = epoch * Math.ceil(rows / control.batch) - step;
  // No row of a step before is left: the next step takes the first rows of its epoch.
  return { begun, ahead: next, control: { epoch, start: 0, rows: 0, dataRows: rows } };
}

/** What a byte stands for is the network's, by which later calls go. @throws DataError where these stand for something else */
function checkScale({ scale = 1, offset = 0 }: ByteScale, packed: Uint8Array<ArrayBuffer>): void {
  if (tableOf(packed).every((value, byte) => value === Math.fround(scale * byte + offset))) return;
  const expected = `scale ${scale} and offset ${offset}, as the trainer was made with`;
  refuse("setData: inputs", "bytes that stand for something else", expected, "leave scale and offset out", DataError);
}
