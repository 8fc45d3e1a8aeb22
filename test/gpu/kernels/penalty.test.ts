import { expect, test } from "vitest";
import { PENALTY_CHUNK, penaltyParts } from "../../../src/kernels/penalty.ts";
import { reduceGroup } from "../../../src/kernels/record.ts";
import { gamma } from "../../helpers/compare.ts";
import { useDevice } from "../../helpers/device.ts";
import { blank, type Case, expectTwin, random, runOnGpu, UNTOUCHED } from "../../helpers/gpu.ts";
import { groupRoundings } from "../../helpers/tolerances.ts";

const device = await useDevice();

const squares = (elements: number, offset = 0, room = offset + penaltyParts(elements)): Case<"penalty"> => ({
  kernel: "penalty",
  variant: {},
  dims: { elements, offset },
  values: { w: random(elements, 1, 2), squares: blank(room) },
});

/** A square is rounded, then a sum of positive numbers; the twin rounds once. */
const RELATIVE = gamma(1 + groupRoundings(PENALTY_CHUNK, reduceGroup(PENALTY_CHUNK)) + 1);

function tolerance({ dims, values }: Case<"penalty">) {
  const parts = Array.from({ length: penaltyParts(dims.elements) }, (_, chunk) => {
    const part = values.w?.slice(chunk * PENALTY_CHUNK, (chunk + 1) * PENALTY_CHUNK) ?? [];
    return Array.from(part).reduce((sum, w) => sum + w * w, 0);
  });
  return { squares: (i: number) => RELATIVE * (parts[i - dims.offset] ?? 0) };
}

test.each([1, 255, 256, 257, 4095, 4096, 4097, 33 * 17 * 19])(
  "penalty › equals the reference over %i elements",
  async (elements) => {
    const given = squares(elements);
    await expectTwin(device, given, tolerance(given));
  },
);

test("penalty › writes its parts from its offset on and no others", async () => {
  const given = squares(2 * PENALTY_CHUNK + 1, 2, 8);
  const { written } = await expectTwin(device, given, tolerance(given));
  const touched = Array.from(written.squares ?? [], (value) => value !== UNTOUCHED);
  expect(touched).toEqual([false, false, true, true, true, false, false, false]);
});

test("penalty › gives the same bits on every run", async () => {
  const given = squares(33 * 17 * 19);
  const [first, second] = [await runOnGpu(device, given), await runOnGpu(device, given)];
  expect(first.written.squares).toEqual(second.written.squares);
});
