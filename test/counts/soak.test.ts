import { expect, test } from "vitest";
import { soak } from "../helpers/soak.ts";

/** soak.full.test.ts has thousands, and looks at the heap. */
test("60 trainers, predictors and sweeps that come and go leave nothing on the GPU, and nothing that waits for it", async () => {
  const { halted, refused, calls } = await soak(60, 1);
  expect(calls).toBeGreaterThan(200);
  expect(refused).toBeGreaterThan(20);
  expect(halted).toBeGreaterThan(0);
});
