import { ShapeError } from "../errors.ts";
import { type Activation, activations } from "./activation.ts";
import { checkInitializer, glorot, he, type Initializer } from "./initializer.ts";
import { decoders, type Loss } from "./loss.ts";
import { checkOptions, checkWord, copyOf, ofKind, reading, refuse, show } from "./options.ts";
import { count } from "./schedule.ts";
import { Unfit } from "./unfit.ts";

/** Which tensors of a layer are trained. */
export type Trainable = boolean | { readonly weights: boolean; readonly bias: boolean };

export interface DenseOptions {
  /** Columns of W; taken from the layer before, or from the data, if left out. */
  readonly inputs?: number;
  /** Whether there is a bias b; true if left out. */
  readonly bias?: boolean;
  /** false freezes the layer; `{ weights, bias }` freezes one of its tensors; true if left out. */
  readonly trainable?: Trainable;
  /** He for relu and Glorot otherwise, if left out. */
  readonly initializer?: Initializer;
  /** How b begins; at 0 if left out. */
  readonly biasInitializer?: Initializer;
}

/** Description of a dense layer h = φ(W x + b), `W [units, inputs]`, `b [units]`. */
export interface Dense extends DenseOptions {
  readonly kind: "dense";
  readonly units: number;
  readonly activation: Activation;
}

/** Description of a network: layers applied one after the other. */
export interface Model {
  readonly layers: readonly Dense[];
}

/** A layer with nothing left open. */
export interface Layer {
  readonly inputs: number;
  readonly units: number;
  readonly activation: Activation;
  readonly bias: boolean;
  readonly trainable: { readonly weights: boolean; readonly bias: boolean };
  readonly initializer: Initializer;
  /** Undefined where b begins at 0. */
  readonly biasInitializer: Initializer | undefined;
}

/**
 * Describes a dense layer h = φ(W x + b).
 * @param units rows of W, the numbers that the layer gives
 * @throws ModelError for an unknown activation; ShapeError where a size is not a whole number above 0
 */
export const dense = (units: number, activation: Activation = "identity", options: DenseOptions = {}): Dense =>
  layerOf("dense", units, activation, options);

function layerOf(where: string, units: number, activation: Activation, options: DenseOptions): Dense {
  size(where, "units", units);
  checkWord(where, "activation ", activation, activations);
  const parts: { -readonly [K in keyof DenseOptions]: DenseOptions[K] } = checkOptions(where, options, {
    inputs: 0,
    trainable: 0,
    initializer: 0,
    biasInitializer: 0,
    bias: 2,
  });
  const { inputs, trainable } = parts;
  if (inputs !== undefined) size(where, "inputs", inputs);
  if (trainable !== undefined && typeof trainable !== "boolean") {
    parts.trainable = Object.freeze(checkOptions(`${where}: trainable`, trainable, { weights: 3, bias: 3 }));
  }
  for (const name of ["initializer", "biasInitializer"] as const) {
    const given = parts[name];
    if (given !== undefined) parts[name] = checkInitializer(where, name, given);
  }
  return Object.freeze({ kind: "dense", units, activation, ...parts });
}

/** Describes a network of layers applied in order. @throws ModelError where there is no layer, or something else. */
export const sequential = (layers: readonly Dense[]): Model => modelOf("sequential", layers);

const modelOf = (where: string, layers: readonly Dense[]): Model =>
  reading(where, () => {
    const length = Array.isArray(layers) && layers.length;
    if (!length) {
      const got = length === 0 ? "no layers" : show(layers);
      refuse(where, got, "a list of at least one layer", "list layers such as [dense(10)]");
    }
    // By their number as it is now, and not by an iterator, which may never end.
    const checked = Array.from({ length }, (_, index) => {
      const at = `${where}: layer ${index + 1}`;
      const layer = layers[index] as Dense;
      const copy = ofKind(layer, ["dense"]);
      if (!copy) refuse(at, show(layer), "a layer", "describe it with dense(units, activation)");
      const { kind: __, units, activation, ...options } = copy;
      return layerOf(at, units, activation, options);
    });
    return Object.freeze({ layers: Object.freeze(checked) });
  });

/** A model out of plain data, checked as those that `sequential` makes. @throws ModelError, ShapeError unless it is one */
export function checkModel(where: string, model: Model): Model {
  const copy = copyOf(model);
  if (!copy.layers) refuse(where, show(model), "a model", "describe it with sequential([dense(10)])");
  return modelOf(where, checkOptions(where, copy as Model, { layers: 1 }).layers);
}

/** How the weights of a layer begin, by its activation, where it is left open. */
const initializers: Readonly<Record<Activation, () => Initializer>> = {
  identity: glorot,
  relu: he,
  sigmoid: glorot,
  tanh: glorot,
};

/**
 * Fills in what a description leaves open and checks that the layers fit each other, the data and the loss.
 * @param inputs columns of the data
 * @throws Unfit for a ShapeError, ModelError
 */
export function resolveLayers(model: Model, inputs: number, loss: Loss): Layer[] {
  size("model", "inputs", inputs);
  let width = inputs;
  const layers = model.layers.map((layer, index): Layer => {
    if (layer.inputs !== undefined && layer.inputs !== width) {
      throw new Unfit("otherInputs", [index, layer.inputs, width]);
    }
    const { bias = true, trainable = true } = layer;
    const resolved: Layer = {
      inputs: width,
      units: layer.units,
      activation: layer.activation,
      bias,
      trainable: typeof trainable === "boolean" ? { weights: trainable, bias: trainable } : trainable,
      initializer: layer.initializer ?? initializers[layer.activation](),
      biasInitializer: layer.biasInitializer,
    };
    width = layer.units;
    return resolved;
  });
  const last = model.layers.at(-1);
  const decoder = decoders[loss];
  if (decoder && last !== undefined && last.activation !== "identity") {
    throw new Unfit("activated", [layers.length, last.activation, loss, decoder]);
  }
  return layers;
}

const size = (where: string, name: string, value: number): void => count(where, name, value, 1, ShapeError);
