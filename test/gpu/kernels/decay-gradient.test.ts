import { expect, test } from "vitest";
import { gamma } from "../../helpers/compare.ts";
import { useDevice } from "../../helpers/device.ts";
import { blank, type Case, expectTwin, expectTwins, random } from "../../helpers/gpu.ts";

const device = await useDevice();

const decayed = (elements: number, decay: number, room = elements): Case<"decayGradient"> => ({
  kernel: "decayGradient",
  variant: {},
  dims: { elements },
  control: { decay },
  values: { g: random(room, 1, 3), w: random(room, 2), d: blank(room) },
});

/** A product, a sum and the twin's rounding: γ₃(|g| + λ̃|w|). */
const tolerance = ({ control, values }: Case<"decayGradient">) => ({
  d: (i: number) => gamma(3) * (Math.abs(values.g?.[i] ?? 0) + (control?.decay ?? 0) * Math.abs(values.w?.[i] ?? 0)),
});

test.each([1, 63, 64, 65, 33 * 17 * 19])("decayGradient › equals the reference over %i elements", async (elements) => {
  const cases = [1e-4, 0.3, 12].map((decay) => decayed(elements, decay));
  await expectTwins(device, cases, tolerance);
});

test("decayGradient › equals the data's part bit for bit where λ̃ is 0", async () => {
  await expectTwin(device, decayed(129, 0), { d: 0 });
});

test("decayGradient › writes no element beyond its size", async () => {
  const given = decayed(65, 0.3, 192);
  const { written } = await expectTwin(device, given, tolerance(given));
  expect(written.d?.slice(65)).toEqual(blank(127));
});
