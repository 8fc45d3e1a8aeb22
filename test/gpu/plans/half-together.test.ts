import { describe, expect, test } from "vitest";
import { dense, sequential } from "../../../src/model/layer.ts";
import { sgd } from "../../../src/model/optimizer.ts";
import { planTraining } from "../../../src/run/plan.ts";
import { tuner, tunerBy } from "../../../src/run/tune/tune.ts";
import type { TrainerOptions } from "../../../src/run/types.ts";
import { useDevice } from "../../helpers/device.ts";
import { random, randomIntegers } from "../../helpers/gpu.ts";
import { hasHalf } from "../../helpers/half.ts";
import { classifier, expectSameParameters, rejection, withTrainer } from "../../helpers/training.ts";
import { ticking } from "../../helpers/tuning.ts";

const device = await useDevice();

const half = { ...classifier, precision: "f16" } as const;

const trained = (options: TrainerOptions, steps = 7) =>
  withTrainer(device, options, async (trainer) => {
    await trainer.step(steps);
    return trainer.parameters();
  });

/** Deep enough that deltas would share memory in f32. */
const deep: TrainerOptions = {
  model: sequential([dense(96, "tanh"), dense(96, "tanh"), dense(96, "tanh"), dense(2)]),
  loss: "halfSquaredError",
  optimizer: sgd({ learningRate: 0.001 }),
  data: { inputs: random(512 * 3, 1), targets: random(512 * 2, 2) },
  batch: 256,
  precision: "f16",
};

const goesTogether = () => {
  test("bytes train as the same numbers do, bit for bit", async () => {
    const rows = 130;
    const bytes = Uint8Array.from(randomIntegers(3 * rows, 1, 256));
    const targets = randomIntegers(rows, 2, 4);
    const scale = 1 / 256;
    const packed = await trained({ ...half, data: { inputs: bytes, scale, targets } });
    const numbers = await trained({
      ...half,
      data: { inputs: Float32Array.from(bytes, (byte) => byte * scale), targets },
    });
    expectSameParameters(packed, numbers);
  });

  test("no layer is updated before the last delta is known, with reuse too", async () => {
    expectSameParameters(await trained(deep), await trained({ ...deep, reuse: false }));
    const { data: _, precision: __, ...described } = deep;
    const f32 = planTraining({ ...described, inputs: 3, rows: 512 });
    expect(Object.values(f32.removed)).toContain("reuse");
    const wild = { ...deep, data: { ...deep.data, targets: random(512 * 2, 2, 1e4) } };
    await withTrainer(device, wild, async (trainer) => {
      // No update may come before the last delta, so that all deltas stay.
      expect(Object.values(trainer.plan.removed)).not.toContain("reuse");
      const before = await trainer.parameters();
      expect(await trainer.step()).toMatchObject({ skipped: 1 });
      expectSameParameters(await trainer.parameters(), before);
    });
  });

  test("a tuner changes no bit", async () => {
    await withTrainer(device, { ...half, tune: tunerBy(ticking(), { seconds: 1 }) }, async (trainer) => {
      expect(trainer.tuning?.choices.length).toBeGreaterThan(0);
      await trainer.step(7);
      expectSameParameters(await trainer.parameters(), await trained(half));
    });
  });
};

if (hasHalf(device)) describe("f16", goesTogether);
else {
  test("this device has no shader-f16: whatever goes with f16, it is refused", async () => {
    for (const options of [half, deep, { ...half, tune: tuner() }]) {
      expect(String(await rejection(trained(options)))).toMatch(
        /^DeviceError: .* a device without the feature shader-f16/,
      );
    }
  });
}
