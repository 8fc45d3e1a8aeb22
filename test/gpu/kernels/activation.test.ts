import { describe, expect, test } from "vitest";
import { workgroupsOf } from "../../../src/kernels/index.ts";
import { type Activation, activations } from "../../../src/model/activation.ts";
import { useDevice } from "../../helpers/device.ts";
import { blank, type Case, callOf, expectTwin, expectTwins, random, runOnGpu } from "../../helpers/gpu.ts";
import { activationErrors } from "../../helpers/tolerances.ts";

const device = await useDevice();

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

const forAll = (activation: Activation, z: Float32Array) => ({
  h: (i: number) => activationErrors[activation](z[i] ?? 0),
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
    const sizes = [
      [1, 1, 1],
      [63, 1, 62],
      [64, 1, 64],
      [65, 1, 64],
      [33, 19, 17],
      [17, 33, 1],
    ] as const;
    const cases = sizes.map(([rows, units, actual]) => apply(activation, random(rows * units, 4, 3), units, actual));
    const outcomes = await expectTwins(device, cases, ({ dims, control, values }) => ({
      h: (i) => (i < (control?.rows ?? 0) * dims.units ? activationErrors[activation](values.z?.[i] ?? 0) : 0),
    }));
    sizes.forEach(([rows, units, actual], index) => {
      expect(outcomes[index]?.written.h?.slice(actual * units)).toEqual(blank((rows - actual) * units));
    });
  });
});

test("activation › reaches every element when the workgroups outnumber one dimension of a grid", async () => {
  const z = random(65_535 * 64 + 65, 5);
  const given = apply("relu", z);
  expect(workgroupsOf(callOf(given))[1]).toBeGreaterThan(1);
  await expectTwin(device, given, { h: 0 });
});
