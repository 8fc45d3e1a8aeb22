/**
 * What is trained: relu networks with softmax cross-entropy and plain SGD, the same first weights, rows and batches for
 * every contestant.
 *
 * @typedef {object} Network
 * @property {string} name `inputs-units-…-classes bBatch`
 * @property {readonly number[]} sizes Inputs, units of each layer, classes.
 * @property {number} batch Rows of a step.
 * @property {boolean} large Whether it is left out unless asked for: a software adapter takes seconds a step.
 *
 * @typedef {object} Task
 * @property {Network} network
 * @property {number} rows Rows of the data, a multiple of the batch.
 * @property {number} batches Batches of an epoch; step t takes batch (t − 1) mod batches.
 * @property {number} learningRate
 * @property {Float32Array} inputs `[rows, sizes[0]]` row-major.
 * @property {Uint32Array} classes `[rows]`
 * @property {{ inputs: number, units: number, weights: Float32Array, biases: Float32Array }[]} layers Weights `[units, inputs]`.
 */

/** @type {[sizes: string, batch: number, large?: boolean][]} */
const table = [
  ["2-8-2", 32],
  ["64-64-10", 32],
  ["784-128-10", 64],
  ["784-512-512-10", 128],
  // A coordinate network: few weights, many rows.
  ["2-64-64-64-64-3", 4096],
  ["512-1024-1024-512", 128],
  ["1024-4096-4096-1024", 1024, true],
];

/** @type {readonly Network[]} */
export const networks = table.map(([sizes, batch, large = false]) => ({
  name: `${sizes} b${batch}`,
  sizes: sizes.split("-").map(Number),
  batch,
  large,
}));

/** @param {string} name @throws {Error} where there is no such network */
export function networkOf(name) {
  const network = networks.find((one) => one.name === name);
  if (!network) throw new Error(`bench: no network "${name}", but ${networks.map((one) => one.name).join(", ")}`);
  return network;
}

/** Batches of an epoch. */
export const BATCHES = 8;
const LEARNING_RATE = 0.05;

/** Rows, classes and first weights, from a fixed seed. @param {Network} network @returns {Task} */
export function makeTask(network) {
  const { sizes, batch } = network;
  const random = generator(sizes.reduce((hash, size) => hash * 31 + size, batch));
  const uniform = (length, limit) => Float32Array.from({ length }, () => (2 * random() - 1) * limit);
  const [columns = 0, count = 0] = [sizes[0], sizes.at(-1)];
  const rows = BATCHES * batch;
  const inputs = uniform(rows * columns, 1);
  return {
    network,
    rows,
    batches: BATCHES,
    learningRate: LEARNING_RATE,
    inputs,
    classes: classify(inputs, rows, columns, uniform(count * columns, 1), count),
    layers: sizes.slice(1).map((units, index) => {
      const fan = sizes[index] ?? 0;
      return { inputs: fan, units, weights: uniform(units * fan, Math.sqrt(6 / fan)), biases: new Float32Array(units) };
    }),
  };
}

/** The class of a row is the largest of as many random projections of its first columns, so that there is something to learn. */
function classify(inputs, rows, columns, projections, count) {
  const used = Math.min(columns, 32);
  return Uint32Array.from({ length: rows }, (_, row) => {
    let [best, most] = [0, Number.NEGATIVE_INFINITY];
    for (let one = 0; one < count; one++) {
      let sum = 0;
      for (let i = 0; i < used; i++) sum += inputs[row * columns + i] * projections[one * columns + i];
      if (sum > most) [best, most] = [one, sum];
    }
    return best;
  });
}

/** Mulberry32: uniform numbers in [0, 1). */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Floating-point operations and bytes of the matrix products of one step: H Wᵀ and dZᵀ H of every layer, dZ W of all but
 * the first. A product of m × k by k × n is 2mkn operations, and moves its two operands and its result once.
 * @param {Network} network
 */
export function workOf({ sizes, batch }) {
  let [flops, bytes] = [0, 0];
  for (let layer = 1; layer < sizes.length; layer++) {
    const [inputs = 0, units = 0] = sizes.slice(layer - 1, layer + 1);
    const products = layer === 1 ? 2 : 3;
    flops += products * 2 * batch * inputs * units;
    bytes += products * 4 * (batch * inputs + inputs * units + batch * units);
  }
  return { flops, bytes };
}

/** @param {readonly number[]} sizes */
export const parametersOf = (sizes) =>
  sizes.slice(1).reduce((sum, units, index) => sum + units * ((sizes[index] ?? 0) + 1), 0);
