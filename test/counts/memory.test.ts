import { afterAll, describe, expect, test } from "vitest";
import { createReferenceTrainer } from "../../src/cpu/trainer.ts";
import { LONG_RING_RECORDS, RECORD_WORDS, RING_RECORDS } from "../../src/kernels/control.ts";
import { dense, sequential } from "../../src/model/layer.ts";
import type { Loss } from "../../src/model/loss.ts";
import { adam, type Optimizer, sgd, stateWidth } from "../../src/model/optimizer.ts";
import type { Bytes } from "../../src/plan/memory.ts";
import type { Dataset, TrainerOptions } from "../../src/run/types.ts";
import { countCalls } from "../helpers/counting.ts";
import { random, randomIntegers } from "../helpers/gpu.ts";
import { openNullDevice } from "../helpers/null-device.ts";
import { withTrainer } from "../helpers/training.ts";

const device = await openNullDevice();
afterAll(() => device.destroy());
const counter = countCalls(device.gpu);

/** The sizes of tiles, and scratch with them, follow from how many invocations run in lockstep. */
const lanes = [4, 32];

interface Network {
  /** Inputs, then the units of each layer. */
  readonly sizes: readonly number[];
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  readonly rows: number;
  readonly batch: number;
  readonly oneDispatch?: boolean;
}

const [plain, momentum] = [sgd({ learningRate: 0.01 }), sgd({ learningRate: 0.01, momentum: 0.9 })];
const decaying = sgd({ learningRate: 0.01, weightDecay: 0.1 });
const half = "halfSquaredError";
const softmax = "softmaxCrossEntropy";

const networks: Readonly<Record<string, Network>> = {
  "2-8-2": { sizes: [2, 8, 2], loss: softmax, optimizer: plain, rows: 400, batch: 32 },
  "2-8-2, a dispatch for each layer": {
    sizes: [2, 8, 2],
    loss: softmax,
    optimizer: plain,
    rows: 400,
    batch: 32,
    oneDispatch: false,
  },
  "784-128-10": { sizes: [784, 128, 10], loss: softmax, optimizer: decaying, rows: 300, batch: 64 },
  "784-512-512-10, adam": {
    sizes: [784, 512, 512, 10],
    loss: softmax,
    optimizer: adam({ learningRate: 0.01 }),
    rows: 300,
    batch: 128,
  },
  "deep and narrow, a large batch": {
    sizes: [2, 64, 64, 64, 64, 3],
    loss: half,
    optimizer: plain,
    rows: 5000,
    batch: 4096,
  },
  "deeper, momentum": {
    sizes: [16, ...Array(12).fill(64), 4],
    loss: half,
    optimizer: momentum,
    rows: 1500,
    batch: 1024,
  },
  "wide, with a wide output": {
    sizes: [512, 1024, 1024, 512],
    loss: half,
    optimizer: momentum,
    rows: 200,
    batch: 128,
  },
  "wide and narrow by turns": {
    sizes: [8, 512, 16, 512, 16, 512, 40],
    loss: softmax,
    optimizer: decaying,
    rows: 600,
    batch: 512,
  },
};

const rowsOf = ({ sizes, loss }: Network, rows: number): Dataset => {
  const outputs = sizes.at(-1) ?? 0;
  const targets = loss === softmax ? randomIntegers(rows, 2, outputs) : random(rows * outputs, 2);
  return { inputs: random(rows * (sizes[0] ?? 0), 1), targets };
};

const optionsOf = (network: Network): TrainerOptions => {
  const { sizes, loss, optimizer, rows, batch, oneDispatch = true } = network;
  const units = sizes.slice(1);
  const model = sequential(units.map((size, l) => dense(size, l < units.length - 1 ? "tanh" : "identity")));
  return { model, loss, optimizer, data: rowsOf(network, rows), batch, oneDispatch };
};

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
const RING = 4 * RECORD_WORDS * RING_RECORDS;
/** Of a network that takes whole steps in one dispatch. */
const LONG_RING = 4 * RECORD_WORDS * LONG_RING_RECORDS;
const SPARE = 64 * 1024;

/** Widest output that is kept in registers, and takes no memory. */
const NARROW = 32;

/**
 * Bytes that training needs: parameters, optimizer state, activations that backward needs, the two largest deltas, reduction
 * scratch, data, the ring and its copy for the CPU, a long one with both of its copies, and 64 KiB.
 */
function closedForm({ sizes, loss, optimizer, rows, batch }: Network, wholeSteps: boolean): number {
  const units = sizes.slice(1);
  const outputs = units.at(-1) ?? 0;
  const parameters = sum(units.map((size, l) => size * ((sizes[l] ?? 0) + 1)));
  const state = stateWidth(optimizer) * parameters;
  // ∂L/∂o is taken from o.
  const activations = batch * (sum(units.slice(0, -1)) + (outputs > NARROW ? outputs : 0));
  const deltas = batch * sum([...units].sort((a, b) => b - a).slice(0, 2));
  // ℓ and whether it was right, a row each.
  const scratch = 2 * batch;
  const data = rows * ((sizes[0] ?? 0) + (loss === softmax ? 1 : outputs));
  const rings = wholeSteps ? 3 * LONG_RING : 2 * RING;
  return 4 * (parameters + state + activations + deltas + scratch + data) + rings + SPARE;
}

/** Bytes that judging so many rows at once adds: the rows, the two largest activations, scratch, a ring, and 64 KiB. */
function closedFormOfEvaluation({ sizes, loss }: Network, rows: number): number {
  const activations = sum(
    sizes
      .slice(1)
      .sort((a, b) => b - a)
      .slice(0, 2),
  );
  const targets = loss === softmax ? 1 : (sizes.at(-1) ?? 0);
  return 4 * rows * ((sizes[0] ?? 0) + targets + activations + 2) + RING + SPARE;
}

const total = (memory: Bytes): number => sum(Object.values(memory));

describe("trainer › memory", () => {
  const cases = Object.entries(networks).flatMap(([name, network]) => lanes.map((of) => [name, of, network] as const));
  test.each(cases)("is within 1.1 of the closed form, evaluation apart: %s, %i lanes", async (_, of, network) => {
    const judged = 300;
    const posing = { ...device, adapter: { ...device.adapter, lanes: of } };
    await withTrainer(posing, optionsOf(network), async (trainer) => {
      await trainer.step(2);
      const training = counter.bytes();
      expect(total(trainer.memory)).toBe(training);
      expect(training).toBeLessThanOrEqual(1.1 * closedForm(network, trainer.plan.resident !== undefined));

      counter.reset();
      await trainer.evaluate(rowsOf(network, judged));
      expect(counter.peak()).toBeGreaterThan(training);
      expect(counter.peak() - training).toBeLessThanOrEqual(1.1 * closedFormOfEvaluation(network, judged));
      expect(total(trainer.memory)).toBe(counter.bytes());
    });
    expect(counter.bytes()).toBe(0);
  });

  test("says what it is for", async () => {
    await withTrainer(device, optionsOf(networks["784-128-10"] as Network), async (trainer) => {
      const { parameter, activation, delta, staging } = trainer.memory;
      expect({ parameter, activation, delta, staging }).toEqual({
        parameter: 4 * (128 * 785 + 10 * 129),
        activation: 4 * 64 * 128,
        delta: 4 * 64 * (128 + 10),
        staging: 2 * RING,
      });
    });
  });

  test("does not grow with steps, reports, reads and files", async () => {
    const options = optionsOf(networks["2-8-2"] as Network);
    // What the null device saves is zeros, which no trainer takes for where training stood.
    const reference = await createReferenceTrainer(options);
    const file = await reference.save();
    await withTrainer(device, options, async (trainer) => {
      await trainer.step();
      const before = counter.bytes();
      for (let i = 0; i < 20; i++) {
        await trainer.step(30);
        await trainer.save();
        await trainer.load(file);
        await trainer.read("W1");
        await trainer.parameters();
      }
      expect(counter.bytes()).toBe(before);
    });
  });

  test.each([
    [true, 64 + 64],
    [false, 12 * 64 + 4],
  ])("of deltas that share it (%s) is that of so many units: %i", async (reuse, units) => {
    const network = networks["deeper, momentum"] as Network;
    await withTrainer(device, { ...optionsOf(network), reuse }, async (trainer) => {
      expect(trainer.memory.delta).toBe(4 * network.batch * units);
    });
  });
});
