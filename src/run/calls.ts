import { ModelError } from "../errors.ts";
import type { Optimizer } from "../model/optimizer.ts";
import { resolveTensor } from "../plan/resolve.ts";
import type { Words } from "./backend.ts";
import { withData, withOptimizer } from "./change.ts";
import type { Rows } from "./dataset.ts";
import type { StepRecord } from "./metrics.ts";
import { parameterSpecs } from "./network.ts";
import type { Failure, Restart } from "./numeric.ts";
import { checkParameters } from "./parameters.ts";
import type { State } from "./state.ts";
import type { Parameters, SaveOptions, TensorValue } from "./types.ts";

/** What a training is asked for besides its steps, each in its turn; loaded by the first that is. */

/** Why a training takes no step so late. */
export const tooLate = (step: number): ModelError =>
  new ModelError({
    where: "training",
    got: `step ${step}`,
    expected: `at most ${2 ** 32 - 1}, which 32 bits count`,
    remedy: "save with { optimizer: false } and go on in a new trainer",
  });

/** Why a fit that was ended before its first step gives no report. */
export const ended = (): ModelError =>
  new ModelError({
    where: "fit",
    got: "a training that was ended",
    expected: "one that has begun",
    remedy: "call fit anew",
  });

/** Reads the parameters of a network back. @param index of the network */
export async function parameters(state: State, index: number): Promise<Parameters> {
  const { backend, network } = state;
  const names = parameterSpecs(network.layers).map(({ name }) => name);
  const { words } = await backend.read(names, placeOf(state, index));
  return Object.fromEntries(names.map((name) => [name, new Float32Array((words[name] as Words).buffer)]));
}

/** The index of a network. A trainer has but one: what else plain JavaScript gives, as `then(trainer.parameters)` does, is none. */
const placeOf = ({ places }: State, index: number): number => (places.length > 1 ? index : 0);

/** @throws PlanError for a tensor that is not there, or that only a step writes before the first */
export async function read(state: State, name: string): Promise<TensorValue> {
  if (!state.stepped) (await values()).checkWritten(state.backend.plan, name);
  return readTensor(state, name, 0);
}

async function readTensor({ backend }: State, name: string, index: number): Promise<TensorValue> {
  const { name: canonical, tensor } = resolveTensor(backend.plan, name);
  const { words, control } = await backend.read([canonical], index);
  const { tensorValue } = await values();
  return tensorValue(tensor, words[canonical] as Words, control);
}

/** Why a network has halted. */
export async function failureOf(state: State, index: number): Promise<Failure> {
  const { backend, halts, failures, places } = state;
  const { diagnose } = await diagnosis();
  const readable = { plan: backend.plan, read: (name: string) => readTensor(state, name, index) };
  failures[index] ??= await diagnose(readable, halts[index] as StepRecord, places[index] as string);
  return failures[index];
}

/** Writes parameters that were checked; a network that had halted goes on with them. */
export async function setParameters(state: State, checked: Parameters): Promise<void> {
  const { backend, halts, begun, ahead } = state;
  if (!halts[0]) return backend.write(checked);
  const { restartOf } = await diagnosis();
  const restart = restartOf(await failureOf(state, 0), backend.plan, begun, ahead, (await backend.read([], 0)).control);
  backend.write(checked);
  resume(state, restart);
}

/** Sets optimizer state and the control block, so that the next step is step `control.step` + 1. */
function resume(state: State, { state: kept, control, ahead }: Restart): void {
  state.backend.write(kept, control);
  state.backend.step = control.step;
  state.ahead = ahead;
  // The rows of the last batch are forgotten, and with them what its tensors are of.
  state.stepped = false;
  state.halts.fill(undefined);
  state.failures.length = 0;
}

/** Takes an optimizer that was checked. */
export function setOptimizer(state: State, optimizer: Optimizer): void {
  const { backend, halts, begun, ahead } = state;
  const changed = withOptimizer(state.optimizer, optimizer, begun, backend.step, ahead);
  // A network that has halted takes them when it goes on.
  if (!halts[0]) backend.write({}, changed.control);
  Object.assign(state, { optimizer, begun: changed.begun });
}

/** Takes rows that were checked. */
export function setData(state: State, rows: Rows): void {
  const { backend, network, halts, begun, ahead } = state;
  const step = halts[0] ? halts[0].step - 1 : backend.step;
  const { control, ...changed } = withData(rows, network, backend.plan, begun, step, ahead);
  backend.write({ X: rows.inputs, Y: rows.targets }, control);
  Object.assign(state, changed, { stepped: false });
}

/** @param index of the network */
export async function save(
  state: State,
  { options, index }: { readonly options: SaveOptions | undefined; readonly index: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const { backend, network } = state;
  const { saveTraining } = await files();
  return saveTraining(network, backend.plan, options, (names) => backend.read(names, placeOf(state, index)));
}

export async function load(state: State, bytes: Uint8Array | ArrayBuffer): Promise<void> {
  const { backend, network, begun } = state;
  const { loadFor } = await files();
  const { parameters, restart } = loadFor(network, backend.plan, begun, bytes);
  await setParameters(state, checkParameters("load", parameters, parameterSpecs(network.layers)));
  if (restart) resume(state, restart);
}

const diagnosis = () => import("./numeric.ts");
const files = () => import("./resume.ts");
const values = () => import("./tensor-value.ts");
