import { expect } from "vitest";
import { createReferenceTrainer } from "../../src/cpu/trainer.ts";
import type { Device } from "../../src/device/open.ts";
import { NumericError } from "../../src/errors.ts";
import { createTrainer } from "../../src/run/trainer.ts";
import type { TrainerOptions } from "../../src/run/types.ts";
import { BATCH, COLUMNS, estimator, expectSameParameters, rejection } from "./training.ts";

/** The plans by which a gradient can overflow. */
export const overflowingPlans = [
  ["textbook", { fuse: false }],
  ["fused", { oneDispatch: false }],
  ["one dispatch", { oneDispatch: true }],
] as const;

/** A gradient overflows in the first step, whose objective is finite: ∂J/∂W1 = W2ᵀ (o − y) ⊙ φ′ x of W2 = 3·10³⁸ and o = 0. */
const overflowing: TrainerOptions = {
  ...estimator,
  data: { inputs: new Float32Array(BATCH * COLUMNS).fill(1), targets: new Float32Array(BATCH * 4).fill(-2) },
};
const steep = { W1: new Float32Array(8 * COLUMNS), W2: new Float32Array(4 * 8).fill(3e38) };

/** Asserts, of a trainer and of the reference, that training goes on as one that began with the parameters that are set. */
export async function expectFreshStart(device: Device, given: Partial<TrainerOptions>): Promise<void> {
  const options = { ...overflowing, ...given };
  const reference = () => createReferenceTrainer(options);
  for (const make of [() => createTrainer(device, options), reference]) {
    const [trainer, other] = [await make(), await make()];
    const good = await trainer.parameters();
    await trainer.setParameters(steep);
    const error = await rejection(trainer.step(3));
    if (!(error instanceof NumericError)) throw error;
    expect(["parameter", "state"]).toContain(trainer.plan.tensors[error.tensor]?.role);
    await trainer.setParameters(good);
    expect((await trainer.step(4)).step).toBe(error.step + 3);
    // All steps take the same rows.
    await other.step(4);
    expectSameParameters(await trainer.parameters(), await other.parameters());
    trainer.dispose();
    other.dispose();
  }
}
