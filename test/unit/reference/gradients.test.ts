import { describe, expect, it } from "vitest";
import { type Activation, activations } from "../../../src/model/activation.ts";
import { dense, type Model, sequential } from "../../../src/model/layer.ts";
import type { Loss } from "../../../src/model/loss.ts";
import { sgd } from "../../../src/model/optimizer.ts";
import { normal, uniform01 } from "../../../src/model/random.ts";
import { evaluateReference, type Run, recordOf, trainReference } from "../../helpers/reference.ts";

const LAMBDA = 0.3;
const ROWS = 5;
/** Columns of the data, then the units of layers 1 to 4; all different, so that no transposed index goes unseen. */
const WIDTHS = [3, 5, 4, 6, 2];

/**
 * The step of (J(ω + h) − J(ω − h))/2h. Its truncation error is h²J‴/6 and its rounding error ε|J|/h; with J and J‴ of a
 * like size the sum is least near h = ∛ε ≈ 6·10⁻⁶, where it is about ε^⅔ ≈ 4·10⁻¹¹ |J|.
 */
const H = Math.cbrt(Number.EPSILON);

/**
 * Of ‖g − g′‖ relative to the larger norm. With |J| below 100 the difference quotient is off by some 10⁻⁹ in each of at
 * most 30 elements; the bound asks for gradients of norm 10⁻² and more, and sees an error in the seventh digit.
 */
const TOLERANCE = 1e-6;

interface Case {
  readonly depth: number;
  readonly activation: Activation;
  readonly loss: Loss;
}

/** Every layer has the activation, but for the last one under softmax cross-entropy, which takes logits. */
const cases: Case[] = [1, 2, 3, 4].flatMap((depth) =>
  activations.flatMap((activation) => [
    { depth, activation, loss: "halfSquaredError" as const },
    // One layer of logits is the same network whatever the activation of the hidden layers that it does not have.
    ...(depth > 1 || activation === "identity" ? [{ depth, activation, loss: "softmaxCrossEntropy" as const }] : []),
  ]),
);

function modelOf({ depth, activation, loss }: Case): Model {
  const units = WIDTHS.slice(1, depth + 1);
  return sequential(
    units.map((count, index) => {
      const logits = loss === "softmaxCrossEntropy" && index === depth - 1;
      return dense(count, logits ? "identity" : activation);
    }),
  );
}

/** Data and parameters drawn with a seed; biases around ½, so that no relu network is dead. */
function runOf(one: Case, seed: number): Run {
  const model = modelOf(one);
  const draw = (stream: number, count: number, value: (seed: number, stream: number, index: number) => number) =>
    Float64Array.from({ length: count }, (_, index) => value(seed, stream, index));
  const outputs = WIDTHS[one.depth] ?? 0;
  const parameters = Object.fromEntries(
    model.layers.flatMap(({ units }, index) => {
      const inputs = WIDTHS[index] ?? 0;
      const weights = draw(2 * index, units * inputs, normal).map((value) => value / Math.sqrt(inputs));
      return [
        [`W${index + 1}`, weights],
        [`b${index + 1}`, draw(2 * index + 1, units, uniform01)],
      ];
    }),
  );
  const targets =
    one.loss === "softmaxCrossEntropy"
      ? draw(101, ROWS, uniform01).map((value) => Math.floor(value * outputs))
      : draw(101, ROWS * outputs, normal);
  const [loss, optimizer] = [one.loss, sgd({ learningRate: 0.1, weightDecay: LAMBDA })];
  return { model, loss, optimizer, inputs: draw(100, ROWS * 3, normal), targets, rows: ROWS, parameters };
}

/** Largest sum of |w| over a row of W `[units, inputs]`: by how much W can stretch the largest of a change. */
function stretch(weights: ArrayLike<number>, inputs: number): number {
  const sums = Array.from({ length: weights.length / inputs }, (_, row) =>
    Array.from(weights)
      .slice(row * inputs, (row + 1) * inputs)
      .reduce((sum, value) => sum + Math.abs(value), 0),
  );
  return Math.max(...sums);
}

/**
 * Whether no z of a relu can change its sign between ω − h and ω + h. A change h of an element of W⁽ᵏ⁾ moves z⁽ᵏ⁾ by at most
 * h·max|h⁽ᵏ⁻¹⁾|, of b⁽ᵏ⁾ by h, and each layer above passes on at most ‖W‖∞ times as much, since no slope is above 1. The
 * factor 2 covers what the change does to the bound itself.
 */
function farFromKinks(run: Run): boolean {
  const reference = evaluateReference(run);
  reference.step();
  let reach = 0;
  return run.model.layers.every(({ activation }, index) => {
    const l = index + 1;
    const last = l === run.model.layers.length;
    const below = reference.tensor(index === 0 ? "x" : `h${index}`);
    const largest = Math.max(1, ...Array.from(below, Math.abs));
    reach = Math.max(H * largest, reach * stretch(run.parameters[`W${l}`] ?? [], WIDTHS[index] ?? 0));
    const z = reference.tensor(last && activation === "identity" ? "o" : `z${l}`);
    return activation !== "relu" || Math.min(...Array.from(z, Math.abs)) > 2 * reach;
  });
}

/** The run of the first seed that keeps every relu away from its kink, where J has no slope to compare with. */
function smoothRun(one: Case): Run {
  for (let seed = 1; seed <= 100; seed++) {
    const run = runOf(one, seed);
    if (farFromKinks(run)) return run;
  }
  throw new Error("no seed of 100 keeps every z away from 0");
}

/** J = L + λ/2 Σ‖W‖² over the batch, its penalty written out here, apart from the plan's. */
function objectiveOf(run: Run): (name: string, values: Float64Array<ArrayBuffer>) => number {
  const reference = evaluateReference(run);
  return (name, values) => {
    reference.set(name, values);
    reference.step();
    const squares = Object.entries({ ...run.parameters, [name]: values })
      .filter(([key]) => key.startsWith("W"))
      .flatMap(([, weights]) => Array.from(weights, (weight) => weight * weight));
    return recordOf(reference, 1).loss + (LAMBDA / 2) * squares.reduce((sum, square) => sum + square, 0);
  };
}

function differences(run: Run, name: string): number[] {
  const objective = objectiveOf(run);
  const values = Float64Array.from(run.parameters[name] ?? []);
  return Array.from(values, (value, index) => {
    const [above, below] = [value + H, value - H];
    const at = (moved: number) => {
      const changed = values.slice();
      changed[index] = moved;
      return objective(name, changed);
    };
    // Divided by the step as it was rounded.
    return (at(above) - at(below)) / (above - below);
  });
}

const norm = (values: readonly number[]): number => Math.hypot(...values);

function expectSameGradient(name: string, got: readonly number[], expected: readonly number[]): void {
  const apart = got.map((value, index) => Math.abs(value - (expected[index] ?? Number.NaN)));
  const error = norm(apart) / Math.max(norm(got), norm(expected));
  if (got.length === expected.length && error <= TOLERANCE) return;
  const worst = apart.findIndex((value) => Object.is(value, Math.max(...apart)));
  throw new Error(
    `${name}: ‖got − expected‖ is ${error} of the larger norm, tolerance ${TOLERANCE}; worst at [${worst}]: got ${got[worst]}, expected ${expected[worst]}`,
  );
}

describe("the gradients of a step are the central differences of J = L + λ/2 Σ‖W‖²", () => {
  it.each(cases)("$depth layers, $activation, $loss", (one) => {
    const run = smoothRun(one);
    const reference = trainReference(run);
    reference.step();
    for (const name of Object.keys(run.parameters)) {
      const got = Array.from(reference.tensor(`d${name}`));
      expectSameGradient(`d${name}`, got, differences(run, name));
    }
    expect(Object.keys(run.parameters)).toHaveLength(2 * one.depth);
  });

  it("and a gradient without the penalty is none of them", () => {
    const run = smoothRun({ depth: 2, activation: "tanh", loss: "softmaxCrossEntropy" });
    const reference = trainReference(run);
    reference.step();
    const withoutPenalty = Array.from(reference.tensor("gW1"));
    expect(() => expectSameGradient("gW1", withoutPenalty, differences(run, "W1"))).toThrow(
      /^gW1: ‖got − expected‖ is 0\./,
    );
  });
});
