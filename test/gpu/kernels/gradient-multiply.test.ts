import { describe, expect, test } from "vitest";
import { type Activation, activations } from "../../../src/model/activation.ts";
import { activationFunctions } from "../../../src/reference/activation.ts";
import { SMALLEST_NORMAL } from "../../helpers/compare.ts";
import { useDevice } from "../../helpers/device.ts";
import { blank, type Case, expectTwin, expectTwins, random } from "../../helpers/gpu.ts";
import { slopeErrors } from "../../helpers/tolerances.ts";

const device = await useDevice();

function multiply(
  activation: Activation,
  z: Float32Array<ArrayBuffer>,
  units = 1,
  actual = z.length / units,
): Case<"gradientMultiply"> {
  const { value } = activationFunctions[activation];
  return {
    kernel: "gradientMultiply",
    variant: { activation },
    dims: { rows: z.length / units, units },
    control: { rows: actual },
    values: { dh: random(z.length, 9, 2), z, h: Float32Array.from(z, value), dz: blank(z.length) },
  };
}

function tolerance({ variant, control, dims, values }: Case<"gradientMultiply">) {
  const { dh, h } = values;
  const end = (control?.rows ?? 0) * dims.units;
  return {
    dz: (i: number) =>
      i < end ? slopeErrors[variant.activation](h?.[i] ?? 0) * Math.abs(dh?.[i] ?? 0) + SMALLEST_NORMAL : 0,
  };
}

describe.each(activations)("gradientMultiply %s", (activation) => {
  test("equals the reference for small, large and extreme pre-activations", async () => {
    const special = [0, -0, 1e-30, -1e-30, 1e3, -1e3, 1e10, -1e10];
    const z = Float32Array.of(...random(1000, 1, 1), ...random(1000, 2, 30), ...special);
    const given = multiply(activation, z);
    await expectTwin(device, given, tolerance(given));
  });

  test("leaves the rows beyond a partial batch as they were, whatever the sizes", async () => {
    const sizes = [
      [1, 1, 1],
      [63, 1, 63],
      [64, 1, 1],
      [65, 1, 64],
      [33, 19, 17],
    ] as const;
    const cases = sizes.map(([rows, units, actual]) => multiply(activation, random(rows * units, 3), units, actual));
    const outcomes = await expectTwins(device, cases, tolerance);
    sizes.forEach(([rows, units, actual], index) => {
      expect(outcomes[index]?.written.dz?.slice(actual * units)).toEqual(blank((rows - actual) * units));
    });
  });
});

test("gradientMultiply relu › takes the slope 0 at a pre-activation of 0", async () => {
  const given = multiply("relu", Float32Array.of(0, -0, 1, -1));
  const { written } = await expectTwin(device, given, { dz: 0 });
  const dh = given.values.dh?.[2];
  expect(Array.from(written.dz ?? [], Math.abs)).toEqual([0, 0, Math.abs(dh ?? Number.NaN), 0]);
});
