import { isPlainJson } from "../data/nesting.ts";
import { decodeSafetensors, encodeSafetensors, type FileTensor } from "../data/safetensors.ts";
import { DataError } from "../errors.ts";
import type { Dense, Layer, Model } from "../model/layer.ts";
import { dense, sequential } from "../model/layer.ts";
import type { Loss } from "../model/loss.ts";
import { misfitOf } from "../model/misfit.ts";
import { reading, refuse, show, tagOf } from "../model/options.ts";
import { checkLoss, type Network, type ParameterSpec, parameterSpecs, resolveNetwork } from "./network.ts";
import {
  checkFileOptimizer,
  checkOrder,
  checkProgress,
  type FileOptimizer,
  isRecord,
  type Progress,
  refuseFile,
} from "./progress.ts";
import type { ByteScale, Parameters } from "./types.ts";

/** What a file holds beside parameters, so that training can go on exactly. */
export interface TrainingState {
  readonly progress: Progress;
  /** The optimizer; undefined in a file of version 1, which does not name it, and where no parameter is trained. */
  readonly optimizer: FileOptimizer | undefined;
  /** Optimizer state by tensor name: `state_W1`, … */
  readonly state: Parameters;
}

/** A network read from a file. */
export interface LoadedModel {
  readonly model: Model;
  readonly inputs: number;
  readonly loss: Loss;
  /** What inputs that are bytes stand for; undefined where the network was trained on floats. */
  readonly bytes: ByteScale | undefined;
  readonly parameters: Parameters;
  readonly training: TrainingState | undefined;
  /** The file's own metadata, less the description that is decoded here. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Metadata key of the description. */
export const DESCRIPTION = "chainrule";

/** Metadata key that says whose names the tensors bear, as PyTorch's own files do. */
export const FORMAT = "format";

/** Form of the description. Version 1 named neither the optimizer nor the order of the rows; a reader refuses a later one. */
const VERSION = 2;

interface Description {
  readonly version: number;
  readonly model: Model;
  readonly inputs: number;
  readonly loss: Loss;
  readonly bytes?: ByteScale;
  readonly training?: Progress;
  readonly optimizer?: FileOptimizer | undefined;
}

const STATE = "optimizer.";

/** The key of a parameter's optimizer state: `optimizer.0.weight`. */
const stateKey = (key: string) => STATE + key;

/** A parameter's shape, and last the numbers that an optimizer keeps for each element, where they are more than one. */
const stateShape = (shape: readonly number[], width: number) => (width > 1 ? [...shape, width] : shape);

/**
 * A safetensors file: parameters under the names of an `nn.Sequential`, optimizer state under `optimizer.…`, and the
 * description of the network as JSON in the metadata.
 * @param values parameters, and optimizer state where `training` is given, by tensor name
 * @param training where training stands, and by which optimizer; left out, the file holds the network alone
 */
export function encodeModel(
  network: Network,
  values: Parameters,
  training: Omit<TrainingState, "state"> | undefined,
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const tensors: Record<string, FileTensor> = {};
  const specs = parameterSpecs(network.layers);
  for (const { name, key, shape } of specs) {
    tensors[key] = { shape, data: values[name] as Float32Array<ArrayBuffer> };
  }
  const width = training?.optimizer?.state.length ?? 0;
  for (const { name, key, shape } of specs) {
    const data = width > 0 && values[`state_${name}`];
    if (data) tensors[stateKey(key)] = { shape: stateShape(shape, width), data };
  }
  const description: Description = {
    version: VERSION,
    model: network.model,
    inputs: network.inputs,
    loss: network.loss,
    ...(network.bytes && { bytes: network.bytes }),
    ...(training && { training: training.progress, optimizer: training.optimizer }),
  };
  return encodeSafetensors(tensors, { ...metadata, [FORMAT]: "pt", [DESCRIPTION]: JSON.stringify(description) });
}

/**
 * Reads a file that `Trainer.save` wrote.
 * @param where name of the file, for messages
 * @throws DataError where the file is cut short, is no safetensors file or describes no network
 */
export const loadModel = (bytes: Uint8Array | ArrayBuffer, where = "model"): LoadedModel =>
  reading("loadModel", () => {
    if (typeof where !== "string")
      refuse("loadModel", show(where), "the name of a file", "give a text, or leave it out");
    return decodeModel(bytes, where);
  });

function decodeModel(bytes: Uint8Array | ArrayBuffer, where: string): LoadedModel {
  if (!["Uint8Array", "ArrayBuffer"].includes(tagOf(bytes))) {
    refuseFile(where, show(bytes), "the bytes of a file, as a Uint8Array or an ArrayBuffer");
  }
  const file = decodeSafetensors(bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes), where);
  const { [DESCRIPTION]: text, [FORMAT]: _, ...metadata } = file.metadata;
  if (text === undefined) {
    refuseFile(where, "a safetensors file without a description of its network", `metadata "${DESCRIPTION}"`);
  }
  const description = parseDescription(text, where);
  const progress = description.training && checkedTraining(description, description.training, where);
  const network = describedNetwork(description, where);
  const specs = parameterSpecs(network.layers);
  const parameters = Object.fromEntries(
    specs.map(({ name, key, shape }) => [name, floats(file.tensors, key, shape, where)]),
  );
  const { version } = description;
  const optimizer = version === 1 ? undefined : description.optimizer;
  const widths = version === 1 ? foundWidths(specs, file.tensors) : namedWidths(network.layers, optimizer);
  if (progress && version > 1) checkStateTensors(network.layers, widths, optimizer, file.tensors, where);
  const state = Object.fromEntries(
    specs
      .filter(({ key }) => progress && widths.has(key))
      .map(({ name, key, shape }) => {
        const full = stateShape(shape, widths.get(key) ?? 0);
        return [`state_${name}`, floats(file.tensors, stateKey(key), full, where)];
      }),
  );
  return {
    model: network.model,
    inputs: network.inputs,
    loss: network.loss,
    bytes: network.bytes,
    parameters,
    training: progress && { progress, optimizer, state },
    metadata,
  };
}

type Tensors = Readonly<Record<string, FileTensor>>;

/** How many numbers of state each parameter has, by its key. */
type Widths = ReadonlyMap<string, number>;

/** Of a file of version 1: what its tensors' ranks tell. */
function foundWidths(specs: readonly ParameterSpec[], tensors: Tensors): Widths {
  const found = specs.flatMap(({ key, shape }) => {
    const rank = tensors[stateKey(key)]?.shape.length;
    return rank === undefined ? [] : [[key, rank === shape.length ? 1 : 2] as const];
  });
  return new Map(found);
}

/** Of a later one: what its optimizer keeps, for each parameter that is trained. */
function namedWidths(layers: readonly Layer[], optimizer: FileOptimizer | undefined): Widths {
  const width = optimizer?.state.length ?? 0;
  const trained = width > 0 ? trainedKeys(layers) : [];
  return new Map(trained.map((key) => [key, width]));
}

function trainedKeys(layers: readonly Layer[]): string[] {
  const trained = layers.flatMap(({ bias, trainable }) => [trainable.weights, ...(bias ? [trainable.bias] : [])]);
  return parameterSpecs(layers).flatMap(({ key }, index) => (trained[index] ? [key] : []));
}

/** @throws DataError where what trains has no optimizer, or there is state that the optimizer does not keep */
function checkStateTensors(
  layers: readonly Layer[],
  widths: Widths,
  optimizer: FileOptimizer | undefined,
  tensors: Tensors,
  where: string,
): void {
  if (!optimizer && trainedKeys(layers).length > 0)
    refuseFile(where, "training by no optimizer", "the optimizer's name");
  const wanted = new Set([...widths.keys()].map(stateKey));
  const extra = Object.keys(tensors).find((key) => key.startsWith(STATE) && !wanted.has(key));
  if (extra) refuseFile(where, `a tensor ${extra}`, `none that ${optimizer?.kind ?? "no optimizer"} does not keep`);
}

function parseDescription(text: string, where: string): Description {
  let parsed: unknown;
  try {
    parsed = isPlainJson(text) && JSON.parse(text);
  } catch {
    refuseFile(where, "a description that is no JSON", "the description that chainrule wrote");
  }
  // First of all: a later version may have another form.
  if (isRecord(parsed) && typeof parsed.version === "number" && ![1, VERSION].includes(parsed.version)) {
    throw new DataError({
      where,
      got: `a description of version ${parsed.version}`,
      expected: `version 1 or ${VERSION}`,
      remedy: "read it with the version of chainrule that wrote it",
    });
  }
  if (!isDescription(parsed))
    refuseFile(where, "a description of another form", "the description that chainrule wrote");
  return parsed;
}

function isDescription(value: unknown): value is Description {
  if (!isRecord(value) || !isRecord(value.model) || !Array.isArray(value.model.layers)) return false;
  const { version, inputs, loss, bytes, training, optimizer } = value;
  return (
    typeof version === "number" &&
    typeof inputs === "number" &&
    typeof loss === "string" &&
    value.model.layers.every((layer) => isRecord(layer) && layer.kind === "dense") &&
    (bytes === undefined || isRecord(bytes)) &&
    (training === undefined || isRecord(training)) &&
    (optimizer === undefined || isRecord(optimizer))
  );
}

/** What a file tells of its training; one of version 1 cannot tell an order of rows. @throws DataError where no trainer could go on so */
function checkedTraining({ version, optimizer }: Description, training: Progress, where: string): Progress {
  checkProgress(training, where);
  const { order, ...known } = training;
  if (version === 1) return known;
  checkOrder(order, where);
  if (optimizer) checkFileOptimizer(optimizer, where);
  return training;
}

/** Builds the network anew, so that whatever the file says goes through the same checks as what a user writes. */
function describedNetwork({ model, inputs, loss, bytes }: Description, where: string): Network {
  if (bytes && !isScale(bytes)) {
    refuseFile(
      where,
      `bytes of scale ${show(bytes.scale)} and offset ${show(bytes.offset)}`,
      "finite numbers that float32 can hold",
    );
  }
  try {
    const layers = model.layers.map(({ units, activation, kind: _, ...options }: Dense) =>
      dense(units, activation, options),
    );
    checkLoss(loss);
    return resolveNetwork(sequential(layers), inputs, loss, bytes);
  } catch (thrown) {
    const cause = misfitOf(thrown);
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

const isScale = ({ scale, offset }: ByteScale): boolean =>
  [scale, offset].every((value) => typeof value === "number" && Number.isFinite(Math.fround(value))) &&
  Number.isFinite(Math.fround(255 * Number(scale) + Number(offset)));

function floats(
  tensors: Readonly<Record<string, FileTensor>>,
  key: string,
  shape: readonly number[],
  where: string,
): Float32Array<ArrayBuffer> {
  const tensor = Object.hasOwn(tensors, key) ? tensors[key] : undefined;
  const expected = `${key} [${shape.join(", ")}] of f32`;
  if (tensor === undefined) refuseFile(where, `no tensor ${key}`, expected);
  if (!(tensor.data instanceof Float32Array) || tensor.shape.join() !== shape.join()) {
    refuseFile(where, `${key} [${tensor.shape.join(", ")}]`, expected);
  }
  return new Float32Array(tensor.data);
}
