import { ShapeError } from "../errors.ts";
import { type Activation, activations } from "./activation.ts";
import { checkInitializer, glorot, he, type Initializer } from "./initializer.ts";
import { decoders, type Loss } from "./loss.ts";
import { checkOptions, checkWord, described, isDescribed, refuse, show } from "./options.ts";
import { count } from "./schedule.ts";

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
}

/**
 * Describes a dense layer h = φ(W x + b).
 * @param units rows of W, the numbers that the layer gives
 * @throws ModelError for an unknown activation; ShapeError where a size is not a whole number above 0
 */
export const dense = (units: number, activation: Activation = "identity", options: DenseOptions = {}): Dense => {
  size("dense", "units", units);
  checkWord("dense", "activation ", activation, activations);
  checkOptions("dense", options, { inputs: 0, trainable: 0, initializer: 0, bias: 2 });
  const { inputs, trainable, initializer } = options;
  if (inputs !== undefined) size("dense", "inputs", inputs);
  if (trainable !== undefined && typeof trainable !== "boolean") {
    checkOptions("dense: trainable", trainable, { weights: 3, bias: 3 });
  }
  if (initializer !== undefined) checkInitializer("dense", initializer);
  return described({ kind: "dense", units, activation, ...options });
};

/** Describes a network of layers applied in order. @throws ModelError where there is no layer, or something else. */
export const sequential = (layers: readonly Dense[]): Model => {
  if (!Array.isArray(layers) || layers.length === 0) {
    const got = Array.isArray(layers) ? "no layers" : show(layers);
    refuse("sequential", got, "a list of at least one layer", "list layers such as [dense(10)]");
  }
  layers.forEach((layer: unknown, index) => {
    if (isDescribed(layer as Dense) && (layer as Dense | undefined)?.kind === "dense") return;
    refuse(`sequential: layer ${index + 1}`, show(layer), "a layer", "describe it with dense(units, activation)");
  });
  return described({ layers: [...layers] });
};

/** @throws ModelError unless `model` is one */
export function checkModel(where: string, model: Model): void {
  if (isDescribed(model) && model?.layers) return;
  refuse(where, show(model), "a model", "describe it with sequential([dense(10)])");
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
 * @throws ShapeError, ModelError
 */
export function resolveLayers(model: Model, inputs: number, loss: Loss): Layer[] {
  size("model", "inputs", inputs);
  let width = inputs;
  const layers = model.layers.map((layer, index): Layer => {
    if (layer.inputs !== undefined && layer.inputs !== width) {
      refuse(
        `model: layer ${index + 1}`,
        `${layer.inputs} inputs`,
        index === 0 ? `${width}, the columns of the data` : `${width}, the units of layer ${index}`,
        `set layer ${index + 1}'s inputs to ${width} or leave them out`,
        ShapeError,
      );
    }
    const { bias = true, trainable = true } = layer;
    const resolved: Layer = {
      inputs: width,
      units: layer.units,
      activation: layer.activation,
      bias,
      trainable: typeof trainable === "boolean" ? { weights: trainable, bias: trainable } : trainable,
      initializer: layer.initializer ?? initializers[layer.activation](),
    };
    width = layer.units;
    return resolved;
  });
  const last = model.layers.at(-1);
  const decoder = decoders[loss];
  if (decoder && last !== undefined && last.activation !== "identity") {
    refuse(
      `model: layer ${layers.length}`,
      `activation "${last.activation}" before ${loss}`,
      `"identity", since the loss takes logits and applies the ${decoder} itself`,
      "leave the last layer's activation out",
    );
  }
  return layers;
}

const size = (where: string, name: string, value: number): void => count(where, name, value, 1, ShapeError);
