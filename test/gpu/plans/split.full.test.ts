import { describe, it } from "vitest";
import { dense } from "../../../src/model/layer.ts";
import { useDevice } from "../../helpers/device.ts";
import { expectSplitAsTextbook, splitOptimizers } from "../../helpers/split.ts";

const device = await useDevice();
const layers = [dense(17, "tanh"), dense(9, "tanh"), dense(2)];

describe.each(Object.entries(splitOptimizers))("sums split over a long batch, %s", (_, optimizer) => {
  it("train as the textbook plan does, over 100 steps", () =>
    expectSplitAsTextbook(device, 3, layers, optimizer, [1, 30, 69]));
});
