import { afterAll, describe, expect, test } from "vitest";
import { openDevice } from "../../../src/device/open.ts";
import { workgroupsOf } from "../../../src/kernels/index.ts";
import { type Activation, activations } from "../../../src/model/activation.ts";
import { SMALLEST_NORMAL, UNIT_ROUNDOFF } from "../../helpers/compare.ts";
import { blank, type Case, callOf, expectTwin, random, runOnGpu } from "../../helpers/gpu.ts";

const device = await openDevice();
afterAll(() => device.destroy());

const apply = (
  activation: Activation,
  z: Float32Array<ArrayBuffer>,
  units = 1,
  actual = z.length / units,
): Case<"activation"> => ({
  kernel: "activation",
  variant: { activation },
  dims: { rows: z.length / units, units },
  control: { rows: actual },
  values: { z, h: blank(z.length) },
});

/** One unit in the last place, relative to the number, at most. */
const ULP = 2 * UNIT_ROUNDOFF;

/**
 * Errors that WGSL allows, carried through the formulas (its section on the accuracy of built-in functions): exp x
 * 3 + 2|x| ulp, division 2.5 ulp, sums and products half an ulp. Below the normal numbers a GPU may give 0.
 */
const tolerances: Readonly<Record<Activation, (z: number) => number>> = {
  identity: () => 0,
  relu: () => 0,
  // e = exp(−|z|), then 1/(1 + e) or e/(1 + e): one exp, one sum, one division; half an ulp for the twin's rounding.
  sigmoid: (z) => {
    const h = 1 / (1 + Math.exp(-z));
    return (3 + 2 * Math.abs(z) + 0.5 + 2.5 + 0.5) * ULP * h + SMALLEST_NORMAL;
  },
  // |z| < 0.625: z + z s p, where |s p| < 0.12 makes the eleven roundings of the polynomial small; Cephes states that the
  // polynomial is right to 1.3e-7. Beyond: 1 − q with q = 2/(exp 2|z| + 1), so that q's relative error is scaled by q.
  tanh: (z) => {
    const a = Math.min(Math.abs(z), 20);
    if (a < 0.625) return (1.3e-7 + (1 + 0.12 * 11 + 1) * UNIT_ROUNDOFF) * a + SMALLEST_NORMAL;
    const q = 2 / (Math.exp(2 * a) + 1);
    return (3 + 4 * a + 0.5 + 2.5) * ULP * q + 2 * UNIT_ROUNDOFF;
  },
};

const forAll = (activation: Activation, z: Float32Array) => ({
  h: (i: number) => tolerances[activation](z[i] ?? 0),
});

describe.each(activations)("activation %s", (activation) => {
  test("equals the reference from tiny to large arguments of both signs", async () => {
    const tiny = random(300, 1, 1e-3);
    const small = random(1000, 2, 1);
    const large = random(1000, 3, 30);
    const special = [0, -0, 0.625, -0.625, 0.62499994, 1e-30, -1e-30, 88, -88, 100, -100, 104, -104];
    const z = Float32Array.of(...tiny, ...small, ...large, ...special);
    await expectTwin(device, apply(activation, z), forAll(activation, z));
  });

  test("equals the reference at ±1000 and beyond", async () => {
    const z = Float32Array.of(1e3, -1e3, 1e10, -1e10, 3e38, -3e38);
    const { written } = await expectTwin(device, apply(activation, z), forAll(activation, z));
    expect(Array.from(written.h ?? []).every(Number.isFinite)).toBe(true);
  });

  test("lets NaN pass and takes ±Infinity to its limit", async () => {
    const z = Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.5, Number.NaN);
    const { written } = await runOnGpu(device, apply(activation, z));
    const limits = {
      identity: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
      relu: [Number.POSITIVE_INFINITY, 0],
      sigmoid: [1, 0],
      tanh: [1, -1],
    }[activation];
    const h = [...(written.h ?? [])];
    expect([h[0], h[1], h[2], h[4]]).toEqual([Number.NaN, ...limits, Number.NaN]);
    expect(Math.abs((h[3] ?? Number.NaN) - 0.5)).toBeLessThan(0.2);
  });

  test("leaves the rows beyond a partial batch as they were, whatever the sizes", async () => {
    for (const [rows, units, actual] of [
      [1, 1, 1],
      [63, 1, 62],
      [64, 1, 64],
      [65, 1, 64],
      [33, 19, 17],
      [17, 33, 1],
    ] as const) {
      const z = random(rows * units, 4, 3);
      const { written } = await expectTwin(device, apply(activation, z, units, actual), {
        h: (i) => (i < actual * units ? tolerances[activation](z[i] ?? 0) : 0),
      });
      expect(written.h?.slice(actual * units)).toEqual(blank((rows - actual) * units));
    }
  });
});

test("activation › reaches every element when the workgroups outnumber one dimension of a grid", async () => {
  const z = random(65_535 * 64 + 65, 5);
  const given = apply("relu", z);
  expect(workgroupsOf(callOf(given))[1]).toBeGreaterThan(1);
  await expectTwin(device, given, { h: 0 });
});
