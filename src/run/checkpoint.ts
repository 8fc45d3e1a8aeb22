import { decodeSafetensors, encodeSafetensors, type FileTensor } from "../data/safetensors.ts";
import { DataError, ShapeError } from "../errors.ts";
import { type ControlValues, HALTED, LARGEST_LOSS_SCALE, SKIPPED } from "../kernels/control.ts";
import type { Dense, Model } from "../model/layer.ts";
import { dense, sequential } from "../model/layer.ts";
import type { Loss } from "../model/loss.ts";
import { checkObject, checkOptions, refuse as refuseOption, show } from "../model/options.ts";
import { elementsOf, isHalf } from "../plan/memory.ts";
import type { Plan } from "../plan/types.ts";
import { type Network, parameterSpecs, resolveNetwork } from "./network.ts";
import type { Parameters, SaveOptions } from "./types.ts";

/** Where training stood: what a step needs beside parameters and optimizer state. */
export interface Progress {
  readonly step: number;
  /** Adam's bias corrections 1 − βᵗ as the GPU summed them, and the rates that they belong to. */
  readonly correction1: number;
  readonly correction2: number;
  readonly beta1: number;
  readonly beta2: number;
  /** The loss scale of f16 training, and whether the last step was skipped. A file of training in f32 has neither. */
  readonly lossScale?: number;
  readonly skipped?: boolean;
}

/** What a file holds beside parameters, so that training can go on exactly. */
export interface TrainingState {
  readonly progress: Progress;
  /** Optimizer state by tensor name: `state_W1`, … */
  readonly state: Parameters;
}

/** A network read from a file. */
export interface LoadedModel {
  readonly model: Model;
  readonly inputs: number;
  readonly loss: Loss;
  readonly parameters: Parameters;
  readonly training: TrainingState | undefined;
  /** The file's own metadata, less the description that is decoded here. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Metadata key of the description. */
const DESCRIPTION = "chainrule";

/** Metadata key that says whose names the tensors bear, as PyTorch's own files do. */
const FORMAT = "format";

/** Form of the description: a reader refuses a later one. */
const VERSION = 1;

interface Description {
  readonly version: number;
  readonly model: Model;
  readonly inputs: number;
  readonly loss: Loss;
  readonly training?: Progress;
}

/** The key of a parameter's optimizer state: `optimizer.0.weight`. */
const stateKey = (key: string) => `optimizer.${key}`;

/**
 * A safetensors file: parameters under the names of an `nn.Sequential`, optimizer state under `optimizer.…`, and the
 * description of the network as JSON in the metadata.
 * @param values parameters, and optimizer state where `training` is given, by tensor name
 * @param training where training stands; left out, the file holds the network alone
 */
export function encodeModel(
  network: Network,
  values: Parameters,
  training: Progress | undefined,
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const tensors: Record<string, FileTensor> = {};
  const specs = parameterSpecs(network.layers);
  for (const { name, key, shape } of specs) {
    tensors[key] = { shape, data: values[name] ?? new Float32Array(elementsOf(shape)) };
  }
  for (const { name, key, shape } of specs) {
    const data = training && values[`state_${name}`];
    if (data) tensors[stateKey(key)] = { shape: data.length === elementsOf(shape) ? shape : [...shape, 2], data };
  }
  const description: Description = {
    version: VERSION,
    model: network.model,
    inputs: network.inputs,
    loss: network.loss,
    ...(training ? { training: progressOf(training) } : {}),
  };
  return encodeSafetensors(tensors, { ...metadata, [FORMAT]: "pt", [DESCRIPTION]: JSON.stringify(description) });
}

function progressOf({ step, correction1, correction2, beta1, beta2, lossScale, skipped }: Progress): Progress {
  const progress = { step, correction1, correction2, beta1, beta2 };
  return lossScale === undefined || skipped === undefined ? progress : { ...progress, lossScale, skipped };
}

/**
 * Reads a file that `Trainer.save` wrote.
 * @param where name of the file, for messages
 * @throws DataError where the file is cut short, is no safetensors file or describes no network
 */
export function loadModel(bytes: Uint8Array | ArrayBuffer, where = "model"): LoadedModel {
  if (!(bytes instanceof Uint8Array || bytes instanceof ArrayBuffer)) {
    refuse(where, show(bytes), "the bytes of a file, as a Uint8Array or an ArrayBuffer");
  }
  const file = decodeSafetensors(bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes, where);
  const { [DESCRIPTION]: text, [FORMAT]: _, ...metadata } = file.metadata;
  if (text === undefined) {
    refuse(where, "a safetensors file without a description of its network", `metadata "${DESCRIPTION}"`);
  }
  const description = parseDescription(text, where);
  const progress = description.training;
  if (progress) checkProgress(progress, where);
  const network = describedNetwork(description, where);
  const specs = parameterSpecs(network.layers);
  const parameters = Object.fromEntries(
    specs.map(({ name, key, shape }) => [name, floats(file.tensors, key, shape, where)]),
  );
  const state: Record<string, Float32Array<ArrayBuffer>> = {};
  for (const { name, key, shape } of specs) {
    const full = stateKey(key);
    const width = Object.hasOwn(file.tensors, full)
      ? (file.tensors[full]?.shape.length ?? 0) - shape.length
      : undefined;
    if (width !== undefined) {
      state[`state_${name}`] = floats(file.tensors, full, width === 0 ? shape : [...shape, 2], where);
    }
  }
  return {
    model: network.model,
    inputs: network.inputs,
    loss: network.loss,
    parameters,
    training: progress && { progress, state },
    metadata,
  };
}

/** What a trainer takes out of a file. */
export interface Loaded {
  readonly parameters: Parameters;
  /** Optimizer state by tensor name; none where the file holds the network alone. */
  readonly state: Parameters;
  /** Where training goes on: the bias corrections where they belong to the trainer's rates, the loss scale where it trains in f16. */
  readonly progress: (Pick<ControlValues, "step"> & Partial<ControlValues>) | undefined;
}

/** What a trainer gives for a file. */
export interface Read {
  readonly control: ControlValues;
  readonly tensors: Parameters;
}

/** @throws ModelError for metadata that is no text, or that stands where the file's own does */
export function checkSave(options: SaveOptions): void {
  checkOptions("save", options, "", "metadata", "optimizer");
  const { metadata = {} } = options;
  checkObject("save: metadata", metadata, "texts");
  // A Map and its like hold their entries elsewhere than in their keys.
  if (Symbol.iterator in metadata) {
    refuseOption("save: metadata", show(metadata), "an object of texts", "give Object.fromEntries of it");
  }
  for (const [key, text] of Object.entries(metadata)) {
    const where = `save: metadata ${show(key)}`;
    if (key === DESCRIPTION || key === FORMAT) refuseOption(where, "a key of the file's own", "another", "rename it");
    if (typeof text !== "string") refuseOption(where, show(text), "text", "write it as text, with JSON.stringify say");
  }
}

/**
 * A file of a network in training.
 * @param plan that it trains by
 * @param read gives what training holds now, of tensors by name
 * @throws ModelError for wrong options, before anything is read
 */
export async function saveTraining(
  network: Network,
  plan: Plan,
  options: SaveOptions,
  read: (names: readonly string[]) => Read | Promise<Read>,
): Promise<Uint8Array<ArrayBuffer>> {
  checkSave(options);
  const { optimizer = true, metadata = {} } = options;
  const names = parameterSpecs(network.layers).map(({ name }) => name);
  const { control, tensors } = await read(optimizer ? [...names, ...Object.keys(stateShapes(plan))] : names);
  const applied = lastApplied(control);
  const training = isHalf(plan) ? { ...applied, skipped: control.halted === SKIPPED } : applied;
  return encodeModel(network, tensors, optimizer ? training : undefined, metadata);
}

/** The control block as it was before the step that halted the run, if one did: that step was not applied. */
export function lastApplied(control: ControlValues): ControlValues {
  if ((control.halted & HALTED) === 0) return control;
  const { step, correction1, correction2, beta1, beta2, rest1, rest2 } = control;
  // Backward through c ← βc + (1 − β). Where β is 0, c is 1 after any step.
  const before = (c: number, beta: number, rest: number) => (beta === 0 ? c : Math.max(0, (c - rest) / beta));
  return {
    ...control,
    step: step - 1,
    correction1: before(correction1, beta1, rest1),
    correction2: before(correction2, beta2, rest2),
  };
}

/** Shapes of the optimizer's state by name: momentum keeps one number an element, Adam two. */
function stateShapes({ tensors }: Plan): Record<string, readonly number[]> {
  const states = Object.entries(tensors).filter(([, { role }]) => role === "state");
  return Object.fromEntries(states.map(([name, { shape }]) => [name, shape]));
}

/**
 * Reads a file for a trainer of the same network and optimizer.
 * @param plan that it trains by
 * @param rates of the trainer
 * @throws ShapeError, DataError
 */
export function loadFor(
  network: Network,
  plan: Plan,
  rates: Pick<Progress, "beta1" | "beta2">,
  bytes: Uint8Array | ArrayBuffer,
): Loaded {
  const loaded = loadModel(bytes);
  const { parameters, training } = loaded;
  checkLoaded(network, stateShapes(plan), loaded);
  if (!training) return { parameters, state: {}, progress: undefined };
  for (const { name } of parameterSpecs(network.layers)) {
    checkState(`state_${name}`, training.state[`state_${name}`], parameters[name]);
  }
  const { step, correction1, correction2, beta1, beta2, lossScale, skipped } = training.progress;
  // As the GPU summed them, unless they belong to other rates than this trainer's.
  const own = beta1 === Math.fround(rates.beta1) && beta2 === Math.fround(rates.beta2);
  const corrections = own ? { correction1, correction2 } : {};
  const scaling = isHalf(plan) && lossScale !== undefined ? { lossScale, halted: skipped ? SKIPPED : 0 } : {};
  return { parameters, state: training.state, progress: { step, ...corrections, ...scaling } };
}

/** Checks that a file holds the network and the optimizer state of a trainer. @throws ShapeError, DataError */
function checkLoaded(network: Network, states: Readonly<Record<string, readonly number[]>>, loaded: LoadedModel): void {
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
  const { state } = loaded.training;
  const fits = Object.entries(states).every(([name, shape]) => state[name]?.length === elementsOf(shape));
  if (fits && Object.keys(state).length === Object.keys(states).length) return;
  const given = Object.entries(state).map(([name, { length }]) => `${name} of ${length} numbers`);
  const wanted = Object.entries(states).map(([name, shape]) => `${name} [${shape.join(", ")}]`);
  throw new DataError({
    where: "load",
    got: given.length === 0 ? "a file without optimizer state" : `optimizer state ${given.join(", ")}`,
    expected: wanted.length === 0 ? "none, as this optimizer keeps none" : wanted.join(", "),
    remedy: "make the trainer with the optimizer that the file was saved with, or save with { optimizer: false }",
  });
}

/** Momentum keeps v; Adam m and v side by side, of which v averages squares. @throws DataError */
function checkState(name: string, state: Float32Array = new Float32Array(), parameter: Float32Array = state): void {
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

function parseDescription(text: string, where: string): Description {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    refuse(where, "a description that is no JSON", "the description that chainrule wrote");
  }
  if (!isDescription(parsed)) refuse(where, "a description of another form", "the description that chainrule wrote");
  if (parsed.version !== VERSION) refuse(where, `a description of version ${parsed.version}`, `version ${VERSION}`);
  return parsed;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

function isDescription(value: unknown): value is Description {
  if (!isRecord(value) || !isRecord(value.model) || !Array.isArray(value.model.layers)) return false;
  const { version, inputs, loss, training } = value;
  return (
    typeof version === "number" &&
    typeof inputs === "number" &&
    typeof loss === "string" &&
    value.model.layers.every((layer) => isRecord(layer) && layer.kind === "dense") &&
    (training === undefined || isRecord(training))
  );
}

const isShare = (value: unknown): boolean => typeof value === "number" && value >= 0 && value <= 1;

const isLossScale = (value: unknown): boolean =>
  typeof value === "number" && value >= 1 && value <= LARGEST_LOSS_SCALE && Number.isInteger(Math.log2(value));

/** What a trainer can go on with. A rate β of 0 has the correction 1. */
const progressFields: Readonly<Record<keyof Progress, readonly [fits: (value: unknown) => boolean, expected: string]>> =
  {
    step: [
      (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32,
      "a whole number from 0 to 4294967295",
    ],
    correction1: [isShare, "a number from 0 to 1"],
    correction2: [isShare, "a number from 0 to 1"],
    beta1: [isShare, "a number from 0 to 1"],
    beta2: [isShare, "a number from 0 to 1"],
    lossScale: [(value) => value === undefined || isLossScale(value), "a power of two from 1 to 65536"],
    skipped: [(value) => value === undefined || typeof value === "boolean", "true or false"],
  };

function checkProgress(training: Progress, where: string): void {
  for (const [name, [fits, expected]] of Object.entries(progressFields)) {
    const value = training[name as keyof Progress];
    if (!fits(value)) refuse(where, `training.${name} ${isRecord(value) ? "an object" : show(value)}`, expected);
  }
}

/** Builds the network anew, so that whatever the file says goes through the same checks as what a user writes. */
function describedNetwork({ model, inputs, loss }: Description, where: string): Network {
  try {
    const layers = model.layers.map(({ units, activation, kind: _, ...options }: Dense) =>
      dense(units, activation, options),
    );
    return resolveNetwork(sequential(layers), inputs, loss);
  } catch (cause) {
    throw new DataError(
      {
        where,
        got: cause instanceof Error ? cause.message : String(cause),
        expected: "the description of a network",
        remedy: "write the file anew",
      },
      { cause },
    );
  }
}

function floats(
  tensors: Readonly<Record<string, FileTensor>>,
  key: string,
  shape: readonly number[],
  where: string,
): Float32Array<ArrayBuffer> {
  const tensor = Object.hasOwn(tensors, key) ? tensors[key] : undefined;
  const expected = `${key} [${shape.join(", ")}] of f32`;
  if (tensor === undefined) refuse(where, `no tensor ${key}`, expected);
  if (!(tensor.data instanceof Float32Array) || tensor.shape.join() !== shape.join()) {
    refuse(where, `${key} [${tensor.shape.join(", ")}]`, expected);
  }
  return new Float32Array(tensor.data);
}

function refuse(where: string, got: string, expected: string): never {
  throw new DataError({ where, got, expected, remedy: "use a file that chainrule wrote" });
}
