import { describe, expect, it } from "vitest";
import { dense } from "../../src/index.ts";
import { useDevice } from "../helpers/device.ts";
import { type Outcome, trainDigits } from "./digits.ts";

const seeds = [0, 1, 2, 3, 4];

const device = await useDevice();

// The bounds were set before the first run.
describe("the bundled digits", () => {
  it("are learned by a hidden layer of 64, whatever the seed", async () => {
    const outcomes: Outcome[] = [];
    for (const seed of seeds) outcomes.push(await trainDigits(device, [dense(64, "relu"), dense(10)], seed));
    for (const { train, test } of outcomes) {
      expect(train.loss).toBeLessThanOrEqual(0.06);
      expect(train.accuracy).toBeGreaterThanOrEqual(0.985);
      expect(test.accuracy).toBeGreaterThanOrEqual(0.95);
    }
    const mean = outcomes.reduce((sum, { train }) => sum + (train.accuracy ?? 0), 0) / outcomes.length;
    expect(mean).toBeGreaterThanOrEqual(0.99);
  });

  it("are not learned as well without a hidden layer", async () => {
    for (const seed of seeds) {
      const { train } = await trainDigits(device, [dense(10)], seed);
      expect(train.loss).toBeGreaterThan(0.06);
      expect(train.accuracy).toBeLessThan(0.985);
    }
  });
});
