import { describe, expect, test } from "vitest";
import type { OutputLossVariant } from "../../../src/kernels/output-loss.ts";
import { losses } from "../../../src/model/loss.ts";
import { useDevice } from "../../helpers/device.ts";
import { type Case, expectTwin, expectTwins, random, runAllOnGpu, runOnGpu } from "../../helpers/gpu.ts";
import {
  chosenUnits,
  expectLeftOver,
  groupsOf,
  lossesOf,
  output,
  outputSizes,
  outputTolerances,
  pairedOutputs,
  partialOutputs,
  plain,
  sharedSizes,
} from "../../helpers/output-losses.ts";

const device = await useDevice();

/** Every pair of a kind of output, a bias and gathered rows; output-loss.full.test.ts has the rest of the product. */
describe.each(pairedOutputs)("outputLoss $loss, $activation, bias $bias, gather $gather", (variant) => {
  test("equals the reference for sizes 1 and 3, around what a workgroup takes, and coprime", async () => {
    const cases = outputSizes.map((sizes) => output(variant, sizes));
    const outcomes = await expectTwins(device, cases, outputTolerances);
    expect(outcomes.map(({ control }) => control.halted)).toEqual(cases.map(() => 0));
  });

  test("leaves the rows beyond a partial batch as they were", async () => {
    const cases = partialOutputs.map((sizes) => output(variant, sizes));
    expectLeftOver(await expectTwins(device, cases, outputTolerances));
  });
});

test.each(chosenUnits)("outputLoss › equals the reference for $units outputs, $loss, $activation", async (variant) => {
  const given = output(variant, { rows: 7, inner: 5 });
  await expectTwin(device, given, outputTolerances(given));
});

describe.each(losses)("outputLoss %s", (loss) => {
  const variant: OutputLossVariant = { ...plain, loss, bias: loss === "halfSquaredError" };

  test("without delta gives the same scores, bit for bit, and halts nothing", async () => {
    const given = output(variant, { rows: 65, inner: 7 });
    const { dz: _, ...values } = given.values;
    const scored: Case<"outputLoss"> = { ...given, variant: { ...variant, delta: false }, values };
    const x = random(65 * 7, 1).fill(Number.NaN);
    const [whole, part, spoilt] = await runAllOnGpu(device, [given, scored, { ...scored, values: { ...values, x } }]);
    expect(whole?.written.scores).toHaveLength(2 * 65);
    expect(part?.written).toEqual({ scores: whole?.written.scores });
    expect(spoilt?.control.halted).toBe(0);
  });

  test("a weight or input that is NaN gives losses that are not finite, and halts the run", async () => {
    const given = output(variant, { rows: 3, inner: 3 });
    const places = [0, 1, 2];
    const spoilt = (name: "w" | "x", at: number) => {
      const values = given.values[name]?.slice() ?? new Float32Array();
      values[3 * at + 1] = Number.NaN;
      return { ...given, values: { ...given.values, [name]: values } };
    };
    const byWeight = await runAllOnGpu(
      device,
      places.map((at) => spoilt("w", at)),
    );
    expect(byWeight.map((one) => lossesOf(one).map(Number.isFinite))).toEqual(places.map(() => [false, false, false]));
    expect(byWeight.map(({ control }) => control.halted)).toEqual([1, 1, 1]);
    const byInput = await runAllOnGpu(
      device,
      places.map((at) => spoilt("x", at)),
    );
    expect(byInput.map((one) => lossesOf(one).map(Number.isFinite))).toEqual(
      places.map((at) => places.map((row) => row !== at)),
    );
    expect(byInput.map(({ control }) => control.halted)).toEqual([1, 1, 1]);
  });

  test("a run that has halted stays halted", async () => {
    const given = output(variant, { rows: 3, inner: 3 });
    const { control } = await runOnGpu(device, { ...given, control: { ...given.control, halted: 1 } });
    expect(control.halted).toBe(1);
  });
});

/** Each way to share out rows with one of the losses; in full with both. */
const shared = losses.flatMap((loss, own) =>
  groupsOf(device)
    .filter((_, index) => index % 2 === own)
    .map(({ group, subgroups }) => [loss, group, subgroups] as const),
);

test.each(losses)("outputLoss %s › gives the same bits on every run", async (loss) => {
  const cases = sharedSizes.map((sizes) => output({ ...plain, loss, gather: loss === "softmaxCrossEntropy" }, sizes));
  expect(await runAllOnGpu(device, cases)).toEqual(await runAllOnGpu(device, cases));
});

test.each(shared)(
  "outputLoss %s › gives the same bits with %i rows a workgroup, sharing loads %s",
  async (loss, group, subgroups) => {
    const own = { ...plain, loss, gather: loss === "softmaxCrossEntropy" };
    const expected = await runAllOnGpu(
      device,
      sharedSizes.map((sizes) => output(own, sizes)),
    );
    const got = await runAllOnGpu(
      device,
      sharedSizes.map((sizes) => output({ ...own, group, subgroups }, sizes)),
    );
    expect(got).toEqual(expected);
  },
);

describe("outputLoss", () => {
  test("stays finite and equals the reference where logits lie far apart", async () => {
    const given = output({ ...plain, units: 10 }, { rows: 65, inner: 7, scale: 40 });
    await expectTwin(device, given, outputTolerances(given));
  });

  test("stays finite at logits of ±1000", async () => {
    const given = output({ ...plain, units: 2 }, { rows: 2, inner: 1 });
    const values = {
      ...given.values,
      bias: new Float32Array(2),
      x: Float32Array.of(1, 1),
      w: Float32Array.of(1000, -1000),
      y: Uint32Array.of(0, 1),
      order: Uint32Array.of(0, 1),
    };
    const { written } = await runOnGpu(device, { ...given, values });
    expect([...(written.scores ?? [])]).toEqual([0, 1, 2000, 0]);
    expect([...(written.dz ?? [])]).toEqual([0, 0, 1, -1]);
  });

  test("counts the first of equal outputs as the answer", async () => {
    const given = output({ ...plain, bias: false }, { rows: 3, inner: 1 });
    const values = {
      ...given.values,
      x: Float32Array.of(1, 1, 0),
      w: Float32Array.of(1, 2, 2),
      y: Uint32Array.of(1, 2, 0),
      order: Uint32Array.of(0, 1, 2),
    };
    const { written } = await runOnGpu(device, { ...given, values });
    expect(Array.from(written.scores ?? []).filter((_, index) => index % 2 === 1)).toEqual([1, 0, 1]);
  });

  test("an infinite output of another class halts the run", async () => {
    const given = output({ ...plain, bias: false }, { rows: 1, inner: 1 });
    const values = {
      ...given.values,
      x: Float32Array.of(3e38),
      w: Float32Array.of(0, 2, 1),
      y: Uint32Array.of(0),
      order: Uint32Array.of(0),
    };
    const outcome = await runOnGpu(device, { ...given, values });
    expect(lossesOf(outcome).map(Number.isFinite)).toEqual([false]);
    expect(outcome.control.halted).toBe(1);
  });
});
