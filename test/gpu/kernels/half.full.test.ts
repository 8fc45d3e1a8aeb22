import { describe, test } from "vitest";
import { activations } from "../../../src/model/activation.ts";
import { losses } from "../../../src/model/loss.ts";
import { useDevice } from "../../helpers/device.ts";
import { halfLabel } from "../../helpers/half.ts";
import { expectDeltas, expectForward, outputDeltas, square, tile } from "../../helpers/half-cases.ts";

const device = await useDevice();
const label = halfLabel(device);

describe.each(["hidden", "output"] as const)(`layerForward ${label} of a layer that is %s`, (half) => {
  const both = activations.map((_, index) => (index % 2 === 0) !== (half === "output"));

  test.each(activations.map((activation, index) => [activation, both[index] === true] as const))(
    "equals the reference, %s, bias and gathered rows %s",
    (activation, both) => expectForward(device, { activation, half, bias: both, gather: both, tile }),
  );

  test.each(half === "hidden" ? [false] : [true, false])(
    "equals the reference where it is staged, bias and gathered rows %s",
    (both) => expectForward(device, { activation: "relu", half, bias: both, gather: both, tile: square }),
  );
});

describe.each(losses)(`the deltas of %s ${label}`, (loss) => {
  test.each([true, false])("outputLoss equals the reference, and scales them, gather %s", async (gather) => {
    await expectDeltas(device, [outputDeltas({ loss, gather, units: 1 }, 1, 1)]);
    await expectDeltas(device, [outputDeltas({ loss, gather, units: 19 }, 33, 17)]);
  });
});
