import { initialValues } from "../model/initializer.ts";
import { type Layer, type Model, resolveLayers } from "../model/layer.ts";
import { type Loss, losses } from "../model/loss.ts";
import { checkWord } from "../model/options.ts";
import type { ByteScale } from "./bytes.ts";

/** A network with its sizes and loss. */
export interface Network {
  readonly model: Model;
  readonly layers: readonly Layer[];
  readonly loss: Loss;
  /** Columns of the data. */
  readonly inputs: number;
  /** Units of the last layer. */
  readonly outputs: number;
  /** What inputs that are bytes stand for; undefined where it is trained on floats. */
  readonly bytes: ByteScale | undefined;
}

/** @throws ModelError for an unknown loss */
export function checkLoss(loss: Loss): void {
  checkWord("model: loss", "", loss, losses);
}

/** The sizes of a model for a loss, both of them checked. @throws Unfit for a ShapeError or ModelError where they do not fit together */
export function resolveNetwork(model: Model, inputs: number, loss: Loss, bytes?: ByteScale): Network {
  const layers = resolveLayers(model, inputs, loss);
  return { model, layers, loss, inputs, outputs: outputsOf(model), bytes };
}

export const outputsOf = (model: Model): number => model.layers.at(-1)?.units ?? 0;

/** A parameter tensor: its name in a plan and in a file for PyTorch. */
export interface ParameterSpec {
  /** `W1`, `b1`, `W2`, … */
  readonly name: string;
  /** `0.weight`, `0.bias`, `2.weight`, …: the key in the state of an `nn.Sequential` in which activations are modules. */
  readonly key: string;
  readonly shape: readonly number[];
}

/** The parameters of a network, first layer first. */
export function parameterSpecs(layers: readonly Layer[]): ParameterSpec[] {
  let module = 0;
  return layers.flatMap(({ inputs, units, bias, activation }, index) => {
    const at = module;
    module += activation === "identity" ? 1 : 2;
    const weights = { name: `W${index + 1}`, key: `${at}.weight`, shape: [units, inputs] };
    return bias ? [weights, { name: `b${index + 1}`, key: `${at}.bias`, shape: [units] }] : [weights];
  });
}

/** Where the streams of random numbers for biases begin: beyond those for the weights of every network. */
const BIAS_STREAMS = 2 ** 30;

/** The parameters before the first step: seeded weights, and biases at 0 unless they have an initializer. */
export function initialParameters(layers: readonly Layer[], seed: number): Record<string, Float32Array<ArrayBuffer>> {
  const parameters: Record<string, Float32Array<ArrayBuffer>> = {};
  layers.forEach((layer, index) => {
    const { initializer, biasInitializer, inputs, units, bias } = layer;
    parameters[`W${index + 1}`] = initialValues(initializer, layer, inputs * units, seed, index);
    if (!bias) return;
    parameters[`b${index + 1}`] = biasInitializer
      ? initialValues(biasInitializer, layer, units, seed, BIAS_STREAMS + index)
      : new Float32Array(units);
  });
  return parameters;
}
