import { describe, it } from "vitest";
import { dense } from "../../../src/model/layer.ts";
import { useDevice } from "../../helpers/device.ts";
import { INPUTS, OUTPUTS, onPalette, UNITS } from "../../helpers/palette.ts";
import { expectSplitAsTextbook, splitOptimizers } from "../../helpers/split.ts";

const device = onPalette(await useDevice());
const layers = [dense(UNITS[0], "tanh"), dense(UNITS[1], "tanh"), dense(OUTPUTS)];

describe.each(Object.entries(splitOptimizers))("sums split over a long batch, %s", (_, optimizer) => {
  it("train as the textbook plan does, over two epochs and until the rate drops", () =>
    expectSplitAsTextbook(device, INPUTS, layers, optimizer, [1, 7]));
});
