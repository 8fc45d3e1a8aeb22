import { expect, it } from "vitest";
import { dense } from "../../src/index.ts";
import { useDevice } from "../helpers/device.ts";
import { trainDigits } from "./digits.ts";

const device = await useDevice();

// The bounds were set before the first run.
it("the bundled digits are learned by a hidden layer of 64", async () => {
  const { train, test } = await trainDigits(device, [dense(64, "relu"), dense(10)], 0);
  expect(train.loss).toBeLessThanOrEqual(0.06);
  expect(train.accuracy).toBeGreaterThanOrEqual(0.985);
  expect(test.accuracy).toBeGreaterThanOrEqual(0.95);
});
