import { DataError, ShapeError } from "../errors.ts";
import { type ControlValues, HALTED, SKIPPED } from "../kernels/control.ts";
import { type Beginning, controlAfter, lastApplied } from "../kernels/control-after.ts";
import type { InnerStep } from "../kernels/whole-steps.ts";
import { checkObject, checkOptions, reading, refuse, show } from "../model/options.ts";
import { elementsOf, isHalf } from "../plan/memory.ts";
import type { Plan, Step } from "../plan/types.ts";
import type { Read } from "./backend.ts";
import { DESCRIPTION, encodeModel, FORMAT, type LoadedModel, loadModel } from "./checkpoint.ts";
import { type Network, parameterSpecs, resolveNetwork } from "./network.ts";
import type { Restart } from "./numeric.ts";
import { type FileOptimizer, fileOptimizer, type Progress, type RowOrder } from "./progress.ts";
import type { ByteScale, Parameters, SaveOptions } from "./types.ts";

/** What a trainer takes out of a file. */
export interface Loaded {
  readonly parameters: Parameters;
  /**
   * Where training goes on, with the bias corrections where they belong to the trainer's rates, and the loss scale where it trains in
   * f16; undefined where the file holds the network alone.
   */
  readonly restart: Restart | undefined;
}

/** @returns a copy, read once @throws ModelError for metadata that is no text, or that stands where the file's own does */
const checkMetadata = (metadata: Metadata): Metadata => reading("save", () => metadataOf(metadata));

type Metadata = NonNullable<SaveOptions["metadata"]>;

function metadataOf(metadata: Metadata): Metadata {
  // A Map and its like hold their entries elsewhere than in their keys.
  if (typeof metadata === "object" && metadata && Symbol.iterator in metadata && !Array.isArray(metadata)) {
    refuse("save: metadata", show(metadata), "an object of texts", "give Object.fromEntries of it");
  }
  checkObject("save: metadata", metadata, "texts");
  const entries = Object.entries(metadata);
  for (const [key, text] of entries) {
    const where = `save: metadata ${show(key)}`;
    if (key === DESCRIPTION || key === FORMAT) refuse(where, "a key of the file's own", "another", "rename it");
    if (typeof text !== "string") refuse(where, show(text), "text", "write it as text, with JSON.stringify say");
  }
  return Object.fromEntries(entries);
}

/**
 * A file of a network in training.
 * @param plan that it trains by
 * @param options that were taken at the call
 * @param read gives what training holds now, of tensors by name
 * @throws ModelError for wrong options, before anything is read
 */
export async function saveTraining(
  network: Network,
  plan: Plan,
  options: SaveOptions = {},
  read: (names: readonly string[]) => Promise<Read>,
): Promise<Uint8Array<ArrayBuffer>> {
  const { optimizer = true, metadata = {} } = checkOptions("save", options, { metadata: 0, optimizer: 2 });
  const texts = checkMetadata(metadata);
  const names = parameterSpecs(network.layers).map(({ name }) => name);
  const { control, words } = await read(optimizer ? [...names, ...Object.keys(stateShapes(plan))] : names);
  const tensors = Object.fromEntries(
    Object.entries(words).map(([name, { buffer }]) => [name, new Float32Array(buffer)]),
  );
  const kind = optimizerOf(plan);
  const training = { progress: progressOf(plan, control), optimizer: kind && fileOptimizer(kind) };
  return encodeModel(network, tensors, optimizer ? training : undefined, texts);
}

function progressOf(plan: Plan, control: ControlValues): Progress {
  const applied = lastApplied(control);
  const { step, correction1, correction2, beta1, beta2, lossScale } = applied;
  const scaling = isHalf(plan) ? { lossScale, skipped: control.halted === SKIPPED } : {};
  return { step, correction1, correction2, beta1, beta2, ...scaling, order: orderAfter(plan, control) };
}

/** The order of the rows, and where in it the next step begins: one that halted the run is taken again. */
function orderAfter(plan: Plan, { step, epoch, start, rows, halted, dataRows, batch, seed }: ControlValues): RowOrder {
  const order = { rows: dataRows, batch, seed, shuffle: isShuffled(plan) };
  const row = step === 0 || (halted & HALTED) !== 0 ? start : start + rows;
  return row === dataRows ? { ...order, epoch: epoch + 1, row: 0 } : { ...order, epoch, row };
}

/** The steps of a plan, those too that one dispatch runs. */
const stepsOf = ({ steps }: Plan): readonly (Step | InnerStep)[] =>
  steps.flatMap((step): readonly (Step | InnerStep)[] => (step.kernel === "wholeSteps" ? step.variant.steps : [step]));

const isShuffled = (plan: Plan): boolean =>
  stepsOf(plan).some(({ variant }) => "shuffle" in variant && variant.shuffle);

/** What the parameters are updated by; undefined where none is trained. */
function optimizerOf(plan: Plan): FileOptimizer["kind"] | undefined {
  for (const { variant } of stepsOf(plan)) if ("optimizer" in variant) return variant.optimizer;
  return undefined;
}

/** Shapes of the optimizer's state by name: momentum keeps one number an element, Adam two. */
function stateShapes({ tensors }: Plan): Record<string, readonly number[]> {
  const states = Object.entries(tensors).filter(([, { role }]) => role === "state");
  return Object.fromEntries(states.map(([name, { shape }]) => [name, shape]));
}

/**
 * Reads a file for a trainer of the same network and optimizer.
 * @param plan that it trains by
 * @throws ShapeError, DataError
 */
export function loadFor(network: Network, plan: Plan, begun: Beginning, bytes: Uint8Array | ArrayBuffer): Loaded {
  const loaded = loadModel(bytes);
  const { parameters, training } = loaded;
  checkLoaded(network, plan, loaded);
  checkBytes(network.bytes, loaded.bytes);
  if (!training) return { parameters, restart: undefined };
  for (const { name } of parameterSpecs(network.layers)) {
    checkStateNumbers(`state_${name}`, training.state[`state_${name}`], parameters[name]);
  }
  // The corrections are the sums of the weights by which the file's moments were averaged, whatever rates go on from there.
  const { step, correction1, correction2, lossScale, skipped, order } = training.progress;
  const scaling = isHalf(plan) && lossScale !== undefined ? { lossScale, halted: skipped ? SKIPPED : 0 } : {};
  // A file of version 1 does not tell its order. Its epochs are counted by its steps, as they were: of the same rows and batches,
  // which it was promised to go on with exactly, it does; of others it begins with what is left of an epoch.
  const ahead = order ? stepsBefore(order, orderAfter(plan, begun.control)) - step : 0;
  const control = { ...controlAfter(begun, step, ahead), correction1, correction2, ...scaling };
  return { parameters, restart: { state: training.state, control, ahead } };
}

/** Checks that bytes stand for the same in a file and in a trainer; where one of the two is of floats, it knows of none. @throws DataError */
function checkBytes(own: ByteScale | undefined, given: ByteScale | undefined): void {
  if (!own || !given || (own.scale === given.scale && own.offset === given.offset)) return;
  const told = ({ scale, offset }: ByteScale) => `bytes of scale ${scale} and offset ${offset}`;
  const remedy = "give the trainer's data the scale and offset of the file, which loadModel gives as bytes";
  refuse("load", `a network of ${told(given)}`, `one of ${told(own)}, as the trainer's data are`, remedy, DataError);
}

/**
 * Steps that a trainer would have taken by itself to come to where it goes on. In the file's own order of the rows that is the place
 * that the file tells. In another, a place within an epoch would leave rows out and take others twice: it begins the next epoch.
 */
function stepsBefore({ epoch, row, ...given }: RowOrder, own: RowOrder): number {
  const steps = Math.ceil(own.rows / own.batch);
  const { rows, batch, seed, shuffle } = own;
  const isSame =
    given.rows === rows && given.batch === batch && given.shuffle === shuffle && (given.seed === seed || !shuffle);
  if (isSame) return steps * epoch + row / batch;
  return steps * (row === 0 ? epoch : epoch + 1);
}

/** Checks that a file holds the network and the optimizer state of a trainer. @throws ShapeError, DataError */
function checkLoaded(network: Network, plan: Plan, loaded: LoadedModel): void {
  const expected = describeNetwork(network);
  const found = describeNetwork(resolveNetwork(loaded.model, loaded.inputs, loaded.loss));
  if (expected !== found) {
    throw new ShapeError({
      where: "load",
      got: `a network of ${found}`,
      expected,
      remedy: "make the trainer with the file's own model and loss, which loadModel gives",
    });
  }
  if (loaded.training === undefined) return;
  const { state, optimizer } = loaded.training;
  const own = optimizerOf(plan);
  // A file of version 1 tells no more than the shapes below, which are the same for Adam and AdamW.
  if (optimizer && own && optimizer.kind !== own) {
    throw new DataError({
      where: "load",
      got: `a training by ${optimizer.kind}`,
      expected: `one by ${own}, as this trainer's is`,
      remedy: remedyForOptimizer,
    });
  }
  const states = stateShapes(plan);
  const fits = Object.entries(states).every(([name, shape]) => state[name]?.length === elementsOf(shape));
  if (fits && Object.keys(state).length === Object.keys(states).length) return;
  const given = Object.entries(state).map(([name, { length }]) => `${name} of ${length} numbers`);
  const wanted = Object.entries(states).map(([name, shape]) => `${name} [${shape.join(", ")}]`);
  throw new DataError({
    where: "load",
    got: given.length === 0 ? "a file without optimizer state" : `optimizer state ${given.join(", ")}`,
    expected: wanted.length === 0 ? "none, as this optimizer keeps none" : wanted.join(", "),
    remedy: remedyForOptimizer,
  });
}

const remedyForOptimizer =
  "make the trainer with the optimizer that the file was saved with, or save with { optimizer: false }";

/** Momentum keeps v; Adam m and v side by side, of which v averages squares. @throws DataError */
function checkStateNumbers(
  name: string,
  state: Float32Array = new Float32Array(),
  parameter: Float32Array = state,
): void {
  const isAdam = state.length > parameter.length;
  for (const [index, value] of state.entries()) {
    const isSquare = isAdam && index % 2 === 1;
    if (Number.isFinite(value) && !(isSquare && value < 0)) continue;
    throw new DataError({
      where: `load: ${name}: element ${index + 1}`,
      got: String(value),
      expected: isSquare ? "a finite number, 0 or above, as an average of squares is" : "a finite number",
      remedy: "use an earlier file, or one saved with { optimizer: false }",
    });
  }
}

/** Shapes, activations and loss as text. */
function describeNetwork({ layers, loss }: Network): string {
  const shapes = parameterSpecs(layers).map(({ key, shape }) => `${key} [${shape.join(", ")}]`);
  return `${shapes.join(", ")}, ${layers.map(({ activation }) => activation).join(", ")}, ${loss}`;
}
