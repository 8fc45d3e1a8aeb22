import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readProblem } from "../../src/cli/problem.ts";
import { type PreparedData, prepare } from "../../src/data/problem.ts";
import {
  createTrainer,
  type Dense,
  type Device,
  dense,
  type Evaluation,
  openDevice,
  sequential,
  sgd,
} from "../../src/index.ts";

/**
 * The bundled digits, 64-64-10: pixels scaled to 0…1, a seeded split into four fifths and one fifth, relu, SGD of rate 0.1
 * over batches of 32, 50 epochs. The bounds were set before the first run.
 */
const seeds = [0, 1, 2, 3, 4];

interface Outcome {
  readonly train: Evaluation;
  readonly test: Evaluation;
}

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});
afterAll(() => device.destroy());

function digits(seed: number): PreparedData {
  const problem = readProblem("data/digits.csv", { target: "digit", ignore: [] });
  return prepare(problem, { testFraction: 0.2, seed, scale: "minmax", scaleTarget: "none" });
}

async function train(layers: readonly Dense[], seed: number): Promise<Outcome> {
  const { train: rows, test } = digits(seed);
  if (test === undefined) throw new Error("no rows to test on");
  const trainer = await createTrainer(device, {
    model: sequential(layers),
    loss: "softmaxCrossEntropy",
    optimizer: sgd({ learningRate: 0.1 }),
    data: rows.data,
    batch: 32,
    seed,
  });
  for await (const _ of trainer.fit({ epochs: 50 }));
  const outcome = { train: await trainer.evaluate(rows.data), test: await trainer.evaluate(test.data) };
  trainer.dispose();
  return outcome;
}

describe("the bundled digits", () => {
  it("are learned by a hidden layer of 64, whatever the seed", async () => {
    const outcomes: Outcome[] = [];
    for (const seed of seeds) outcomes.push(await train([dense(64, "relu"), dense(10)], seed));
    for (const { train: trained, test } of outcomes) {
      expect(trained.loss).toBeLessThanOrEqual(0.06);
      expect(trained.accuracy).toBeGreaterThanOrEqual(0.985);
      expect(test.accuracy).toBeGreaterThanOrEqual(0.95);
    }
    const mean = outcomes.reduce((sum, outcome) => sum + (outcome.train.accuracy ?? 0), 0) / outcomes.length;
    expect(mean).toBeGreaterThanOrEqual(0.99);
  }, 120_000);

  it("are not learned as well without a hidden layer", async () => {
    for (const seed of seeds) {
      const { train: trained } = await train([dense(10)], seed);
      expect(trained.loss).toBeGreaterThan(0.06);
      expect(trained.accuracy).toBeLessThan(0.985);
    }
  }, 120_000);
});
