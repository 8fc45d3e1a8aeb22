import type { Activation } from "../../src/model/activation.ts";
import { activations } from "../../src/model/activation.ts";
import { type Dense, dense, type Model, sequential, type Trainable } from "../../src/model/layer.ts";
import type { Loss } from "../../src/model/loss.ts";
import { expectClose } from "./compare.ts";
import type { ParameterValues } from "./reference.ts";

/** A layer as the golden files write it: `W [units, inputs]`, `b [units]` or null. */
export interface GoldenLayer extends GoldenParameters {
  readonly activation: string;
}

export interface GoldenParameters {
  readonly W: readonly (readonly number[])[];
  readonly b: readonly number[] | null;
}

/** Numbers, nested as deep as they like. */
export type Nested = number | readonly Nested[];

/**
 * How far a value may lie from the golden one, relative to max(1, |value|): 4,500 times the spacing of doubles. Both
 * sides sum at most 5 products of numbers around 1 a layer in another order, which costs some 10⁻¹⁵ a step, and the
 * gradient descents here do not amplify it a hundredfold. `test/golden/README.md` names the same bound.
 */
const GOLDEN_TOLERANCE = 1e-12;

const activationOf = (name: string): Activation => {
  const found = activations.find((known) => known === name);
  if (found === undefined) throw new Error(`golden: no activation "${name}"`);
  return found;
};

export const lossOf = (name: string): Loss => {
  if (name === "halfSquared") return "halfSquaredError";
  if (name === "softmaxCrossEntropy") return name;
  throw new Error(`golden: no loss "${name}"`);
};

export const modelOf = (layers: readonly GoldenLayer[], trainable: Trainable = true): Model =>
  sequential(
    layers.map(
      ({ activation, W, b }): Dense => dense(W.length, activationOf(activation), { bias: b !== null, trainable }),
    ),
  );

/** `W1`, `b1`, … of a list of layers. */
export const parametersOf = (layers: readonly GoldenParameters[]): ParameterValues =>
  Object.fromEntries(
    layers.flatMap(({ W, b }, index) => [
      [`W${index + 1}`, W.flat()] as const,
      ...(b === null ? [] : [[`b${index + 1}`, b] as const]),
    ]),
  );

const flatten = (values: Nested): number[] => (typeof values === "number" ? [values] : values.flatMap(flatten));

/** Asserts |got − expected| ≤ 10⁻¹² · max(1, |expected|) for each element; a NaN fails. @throws Error */
export function expectGolden(name: string, got: ArrayLike<number>, expected: Nested): void {
  const wanted = flatten(expected);
  expectClose(name, got, wanted, (index) => GOLDEN_TOLERANCE * Math.max(1, Math.abs(wanted[index] ?? 0)));
}
