import { describe, it } from "vitest";
import { useDevice } from "../../helpers/device.ts";
import { expectSweepAsAlone, sweepOf } from "../../helpers/sweeps.ts";
import { inWorkgroup, ruleNames } from "../../helpers/variants.ts";

const device = await useDevice();

describe("a sweep in workgroup memory trains variants as each trains alone, bit for bit", () => {
  it.each(ruleNames)("by %s", (rule) =>
    expectSweepAsAlone(device, sweepOf(inWorkgroup["three wide layers without a bias"], rule), [1, 2, 30]),
  );
});
