import { expect, test } from "vitest";
import { gamma } from "../../helpers/compare.ts";
import { useDevice } from "../../helpers/device.ts";
import { type Case, expectTwin, expectTwins, magnitudes, random } from "../../helpers/gpu.ts";

const device = await useDevice();

const sum = (rows: number, units: number, actual = rows): Case<"sumRows"> => ({
  kernel: "sumRows",
  variant: {},
  dims: { rows, units },
  control: { rows: actual },
  values: { dz: random(rows * units, 1), db: random(units, 2) },
});

/** n − 1 sums in any order and the twin's rounding: γₙ Σ|dz|. */
function tolerance(given: Case<"sumRows">) {
  const { db } = magnitudes(given);
  return { db: (i: number) => gamma(given.control?.rows ?? 0) * (db?.[i] ?? 0) };
}

test.each([
  [1, 1],
  [1, 65],
  [65, 1],
  [5, 63],
  [5, 64],
  [5, 65],
  [33, 17],
  [17, 19],
  [100, 129],
])("sumRows › equals the reference over %i rows of %i units", async (rows, units) => {
  const given = sum(rows, units);
  await expectTwin(device, given, tolerance(given));
});

test("sumRows › sums the actual rows of a partial batch only", async () => {
  const cases = [1, 16, 32].map((actual) => {
    const given = sum(33, 19, actual);
    const dz = random(33 * 19, 1).fill(Number.NaN, actual * 19);
    return { ...given, values: { ...given.values, dz } };
  });
  await expectTwins(device, cases, tolerance);
});

test("sumRows › adds exactly where every partial sum is a whole number", async () => {
  const dz = Float32Array.from({ length: 64 * 3 }, (_, i) => (i % 7) - 3);
  const given = sum(64, 3);
  const { written } = await expectTwin(device, { ...given, values: { ...given.values, dz } }, { db: 0 });
  expect(Array.from(written.db ?? []).every(Number.isInteger)).toBe(true);
});
