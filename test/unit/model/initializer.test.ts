import { describe, expect, it } from "vitest";
import { glorot, he, type Initializer, initialValues, torchLinear, uniform } from "../../../src/model/initializer.ts";

const INPUTS = 200;
const UNITS = 100;
const COUNT = INPUTS * UNITS;
/** Standard deviations that a mean may lie from its expectation: chance goes beyond once in 16,000 times. */
const DEVIATIONS = 4;

const weightsOf = (initializer: Initializer, seed = 1, stream = 0): Float32Array<ArrayBuffer> =>
  initialValues(initializer, { inputs: INPUTS, units: UNITS }, COUNT, seed, stream);

const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

const squares = (values: ArrayLike<number>): number[] => Array.from(values, (value) => value * value);

/**
 * Kurtosis E w⁴/σ⁴ of each distribution: the mean of n squares has the deviation σ²√((kurtosis − 1)/n) about σ².
 */
const kurtosis = { uniform: 9 / 5, normal: 3 };

const cases = [
  ...(["uniform", "normal"] as const).flatMap((distribution) => [
    { name: `he ${distribution}`, initializer: he(distribution), variance: 2 / INPUTS, distribution },
    { name: `glorot ${distribution}`, initializer: glorot(distribution), variance: 2 / (INPUTS + UNITS), distribution },
  ]),
  { name: "torchLinear", initializer: torchLinear(), variance: 1 / (3 * INPUTS), distribution: "uniform" as const },
  { name: "uniform", initializer: uniform(0.3), variance: 0.3 ** 2 / 3, distribution: "uniform" as const },
];

describe.each(cases)("$name", ({ initializer, variance, distribution }) => {
  const weights = weightsOf(initializer);

  it("gives [units, inputs] weights of mean 0", () => {
    expect(weights).toHaveLength(COUNT);
    expect(Math.abs(mean(weights))).toBeLessThanOrEqual(DEVIATIONS * Math.sqrt(variance / COUNT));
  });

  it("has its variance", () => {
    const deviation = variance * Math.sqrt((kurtosis[distribution] - 1) / COUNT);
    expect(Math.abs(mean(squares(weights)) - variance)).toBeLessThanOrEqual(DEVIATIONS * deviation);
  });

  it("has the share of a standard deviation of its distribution", () => {
    // P(|w| ≤ σ): 1/√3 of an interval ±σ√3, and 2Φ(1) − 1.
    const share = distribution === "uniform" ? 1 / Math.sqrt(3) : 0.682689492;
    const within = Array.from(weights).filter((weight) => Math.abs(weight) <= Math.sqrt(variance)).length / COUNT;
    expect(Math.abs(within - share)).toBeLessThanOrEqual(DEVIATIONS * Math.sqrt((share * (1 - share)) / COUNT));
  });

  it("gives the same weights for the same seed and layer", () => {
    expect(weightsOf(initializer)).toEqual(weights);
  });

  it.each([
    ["seed", 2, 0],
    ["layer", 1, 1],
  ])("gives weights without correlation for the next %s", (_, seed, stream) => {
    const others = weightsOf(initializer, seed, stream);
    const products = Array.from(weights, (weight, index) => weight * (others[index] ?? Number.NaN));
    // Of n products of independent weights, the mean has the deviation σ²/√n; that of equal weights would be σ².
    expect(Math.abs(mean(products))).toBeLessThanOrEqual((DEVIATIONS * variance) / Math.sqrt(COUNT));
  });
});

describe("a uniform distribution", () => {
  const uniforms = cases.filter(({ distribution }) => distribution === "uniform");

  it.each(uniforms)("$name stays within ±σ√3, and comes near both ends", ({ initializer, variance }) => {
    const weights = weightsOf(initializer);
    const limit = Math.sqrt(3 * variance);
    const [least, most] = [Math.min(...weights), Math.max(...weights)];
    // The bound as float32 has it. All of n numbers miss the outermost 20/n of a half but once in e¹⁰ = 22,000 times.
    expect(most).toBeLessThanOrEqual(Math.fround(limit));
    expect(least).toBeGreaterThanOrEqual(-Math.fround(limit));
    expect(most).toBeGreaterThan(limit * (1 - 20 / COUNT));
    expect(least).toBeLessThan(-limit * (1 - 20 / COUNT));
  });
});

describe("the first weights of a layer", () => {
  it("are the first ones of a larger layer, scaled: each depends on its own index alone", () => {
    const [small, large] = [2, 5].map((units) => initialValues(uniform(1), { inputs: 3, units }, 3 * units, 9, 4));
    expect(large?.subarray(0, 6)).toEqual(small);
  });

  it("have no correlation from one to the next", () => {
    const weights = weightsOf(uniform(1));
    const products = Array.from(weights.subarray(1), (weight, index) => weight * (weights[index] ?? Number.NaN));
    expect(Math.abs(mean(products))).toBeLessThanOrEqual(DEVIATIONS / 3 / Math.sqrt(products.length));
  });
});
