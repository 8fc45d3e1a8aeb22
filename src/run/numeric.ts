import { NumericError } from "../errors.ts";
import type { ControlValues } from "../kernels/control.ts";
import { type Beginning, controlAfter, lastApplied } from "../kernels/control-after.ts";
import { boundOperands } from "../kernels/index.ts";
import { LARGEST_HALF } from "../model/float16.ts";
import { elementsOf, isHalf } from "../plan/memory.ts";
import type { Plan, Role } from "../plan/types.ts";
import type { StepRecord } from "./metrics.ts";
import type { Parameters, TensorValue } from "./types.ts";

/** What is looked through: a plan and the values of its tensors. */
interface Readable {
  readonly plan: Plan;
  read(name: string): Promise<TensorValue>;
}

/** How training goes on: optimizer state by name, and the control block after the last step that counts. */
export interface Restart {
  readonly state: Parameters;
  readonly control: ControlValues;
  /** Steps by which the count of epochs is ahead of the steps. */
  readonly ahead: number;
}

/** Why a network halted. */
export interface Failure {
  readonly error: NumericError;
  /** Whether an overflow has reached what the optimizer keeps, so that it must begin anew. */
  readonly anew: boolean;
}

/** Where a training of one network halts; any other is one of many, whose parameters cannot be set. */
const ALONE = "training";

/**
 * Explains a step whose objective is not finite: looks through the tensors in the plan's order for the first culprit,
 * `J` where none that has a buffer is one, or they cannot be read.
 * @param place where it trains
 */
export async function diagnose(trainer: Readable, record: StepRecord, place: string = ALONE): Promise<Failure> {
  const { plan } = trainer;
  const { step, learningRate } = record;
  // That the run has halted matters more than why.
  const tensor = await culprit(trainer).catch(() => "J");
  const half = isHalf(plan);
  const advice = `take a learning rate below ${shortened(learningRate)} or scale the data${half ? ', or leave out precision: "f16"' : ""}`;
  const error = new NumericError({
    where: `${place}: step ${step}: ${tensor}`,
    ...fault(record, half),
    remedy: `${whatIsKept(plan, record, tensor, place !== ALONE)}${advice}`,
    step,
    tensor,
  });
  return { error, anew: overflowed(plan, tensor) || !(await stateIsFinite(trainer)) };
}

/**
 * What a network that halted goes on with, once parameters are set: the step that failed, by an optimizer that holds finite numbers.
 * @param halted the control block as it is, which alone knows how the bias corrections and the loss scale came about
 */
export function restartOf(
  { error, anew }: Failure,
  plan: Plan,
  begun: Beginning,
  ahead: number,
  halted: ControlValues,
): Restart {
  const { correction1, correction2, lossScale } = lastApplied(halted);
  const control = { ...controlAfter(begun, error.step - 1, ahead), correction1, correction2, lossScale };
  if (!anew) return { state: {}, control, ahead };
  const state = statesOf(plan).map(([name, { shape }]) => [name, new Float32Array(elementsOf(shape))] as const);
  return { state: Object.fromEntries(state), control: { ...control, correction1: 0, correction2: 0 }, ahead };
}

const statesOf = ({ tensors }: Plan) => Object.entries(tensors).filter(([, { role }]) => role === "state");

/** An overflow may have reached what is kept of a gradient, a square above all, though parameters and objective were finite. */
async function stateIsFinite(trainer: Readable): Promise<boolean> {
  for (const [name] of statesOf(trainer.plan)) {
    if (!(await allFinite(trainer, name).catch(() => true))) return false;
  }
  return true;
}

/** Whether a gradient overflowed in a step whose objective was finite, and reached what an update writes. */
const overflowed = ({ tensors }: Plan, tensor: string): boolean => updated.includes(tensors[tensor]?.role);
const updated: readonly (Role | undefined)[] = ["parameter", "state"];

function fault(
  { loss, penalty, rows }: StepRecord,
  half: boolean,
): { readonly got: string; readonly expected: string } {
  if (!Number.isFinite(loss)) return { got: `L = ${loss}`, expected: "a finite objective" };
  if (!Number.isFinite(penalty)) return { got: `s = ${penalty}`, expected: "a finite objective" };
  if (half) return { got: "a number beyond f16's range", expected: `magnitudes up to ${LARGEST_HALF}` };
  // Each row decides for itself before anything is updated, so it allows for |B| rows as bad as it.
  return {
    got: `L = ${loss} over ${rows} rows`,
    expected: `a loss of each row of which float32 holds ${rows} times as much`,
  };
}

/** What to do about the parameters, which those of a sweep's variant cannot be set. */
function whatIsKept(plan: Plan, { loss, penalty }: StepRecord, tensor: string, swept: boolean): string {
  if (overflowed(plan, tensor)) {
    const remedy = swept ? "" : "load a save or set parameters, and ";
    return `a gradient overflowed in a step whose objective was finite, and ${tensor} with it: ${remedy}`;
  }
  // A fused plan sums s while it updates, so that it finds an s that overflows only after the update.
  const late = Number.isFinite(loss) && !Number.isFinite(penalty);
  const kept = !late || plan.steps.some(({ kernel }) => kernel === "record");
  if (kept) return "the parameters are those from before this step; ";
  return swept ? "" : "set smaller parameters and ";
}

/** Four digits of a float32, rounded down: 0.015 of 0.01499999966. Seven are what it holds; what follows them is noise. */
const shortened = (value: number): number => Number(value.toExponential(6).replace(/(\.\d{3})\d+/, "$1"));

async function culprit(trainer: Readable): Promise<string> {
  const seen = new Set<string>();
  for (const step of trainer.plan.steps) {
    const operands = boundOperands(step);
    const inOrder = [...operands.filter(({ access }) => access === "read"), ...operands];
    for (const { tensor: name } of inOrder) {
      const tensor = name === undefined ? undefined : trainer.plan.tensors[name];
      // What begins a step looks back at the sums of the one before.
      if (step.phase === "begin" && tensor?.role === "metric") continue;
      // Parameters are looked at by their own names; what another tensor overwrote is gone.
      if (name === "resident" || name === undefined || Object.hasOwn(trainer.plan.removed, name)) continue;
      // Checked when they were given, and perhaps too large to be read.
      if (tensor?.role === "data") continue;
      if (!["f32", "f16"].includes(tensor?.dtype ?? "") || seen.has(name)) continue;
      seen.add(name);
      if (!(await allFinite(trainer, name))) return name;
    }
  }
  for (const [name, { role }] of Object.entries(trainer.plan.tensors)) {
    if (role === "parameter" && !seen.has(name) && !(await allFinite(trainer, name))) return name;
  }
  return "J";
}

async function allFinite(trainer: Readable, name: string): Promise<boolean> {
  const { data } = await trainer.read(name);
  return data.every((value) => Number.isFinite(value));
}
