import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { soak } from "../helpers/soak.ts";

/** Trainers, predictors and sweeps that come and go in an afternoon. */
const LIVES = 2000;
const ROUNDS = 8;

/** Rounds after which all is loaded and compiled, and the engine's own caches are as large as they get. */
const WARM = 3;

/**
 * Bytes that a life may leave on the average. Caches of the engine and of the test's own taps grow by some 200 a life for the first
 * thousands, and then no more; one plan, or one trainer's closures, are many times as much. That no trainer, predictor or sweep is
 * left the references show, and the reactions on the device that no guard is.
 */
const ALLOWED = 1024;

setFlagsFromString("--expose-gc");
const gc: () => void = runInNewContext("gc");

/** Bytes of the heap, and of the buffers beside it, once what nothing holds is gone, that of finalizers too. */
async function held(): Promise<number> {
  for (let i = 0; i < 10; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

test(`${LIVES} trainers, predictors and sweeps that come and go leave nothing anywhere`, async () => {
  const sizes: number[] = [];
  const { calls, refused, halted } = await soak(LIVES / ROUNDS, ROUNDS, async ({ refs }) => {
    sizes.push(await held());
    expect(refs.filter((ref) => ref.deref() !== undefined)).toHaveLength(0);
  });
  console.log(
    `soak: ${calls} calls, ${refused} refused, ${halted} halted; bytes after each round: ${sizes.join(", ")}`,
  );
  const lives = (LIVES / ROUNDS) * (ROUNDS - WARM);
  expect((sizes.at(-1) ?? 0) - (sizes[WARM - 1] ?? 0)).toBeLessThan(ALLOWED * lives);
  expect(halted).toBeGreaterThan(LIVES / 20);
});
