import { describe, expect, test } from "vitest";
import { losses } from "../../../src/model/loss.ts";
import { useDevice } from "../../helpers/device.ts";
import { expectTwin, expectTwins, runAllOnGpu } from "../../helpers/gpu.ts";
import {
  expectLeftOver,
  groupsOf,
  otherOutputs,
  otherUnits,
  output,
  outputSizes,
  outputTolerances,
  partialOutputs,
  plain,
  sharedSizes,
} from "../../helpers/output-losses.ts";

const device = await useDevice();

describe.each(otherOutputs)("outputLoss $loss, $activation, bias $bias, gather $gather", (variant) => {
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

test.each(otherUnits)("outputLoss › equals the reference for $units outputs, $loss, $activation", async (variant) => {
  const given = output(variant, { rows: 7, inner: 5 });
  await expectTwin(device, given, outputTolerances(given));
});

const shared = losses.flatMap((loss) =>
  groupsOf(device).map(({ group, subgroups }) => [loss, group, subgroups] as const),
);

test.each(shared)(
  "outputLoss %s, gathered › gives the same bits with %i rows a workgroup, sharing loads %s",
  async (loss, group, subgroups) => {
    const own = { ...plain, loss, gather: true };
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
