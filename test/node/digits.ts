import { prepareTable } from "../../src/cli/problem.ts";
import { createTrainer, type Dense, type Device, type Evaluation, sequential, sgd } from "../../src/index.ts";

/** What a network makes of the digits after training. */
export interface Outcome {
  readonly train: Evaluation;
  readonly test: Evaluation;
}

/**
 * Trains on the bundled digits: pixels scaled to 0…1, a seeded split into four fifths and one fifth, SGD of rate 0.1 over
 * batches of 32, 50 epochs.
 */
export async function trainDigits(device: Device, layers: readonly Dense[], seed: number): Promise<Outcome> {
  const options = { target: "digit", ignore: [], testFraction: 0.2, seed, scale: "minmax" } as const;
  const { data } = prepareTable("data/digits.csv", options);
  const { train: rows, test } = data;
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
