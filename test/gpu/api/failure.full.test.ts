import { describe, expect, test } from "vitest";
import { NumericError } from "../../../src/errors.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import { adam, sgd } from "../../../src/model/optimizer.ts";
import { usePosingDevice } from "../../helpers/device.ts";
import { expectFreshStart, overflowingPlans } from "../../helpers/overflowing.ts";
import { expectSameParameters, plans, regressor, rejection, withTrainer } from "../../helpers/training.ts";

const device = await usePosingDevice();

describe.each(overflowingPlans)("setParameters after a gradient that overflowed, by the %s plan", (_, plan) => {
  test.each([
    ["momentum", sgd({ learningRate: 0.1, momentum: 0.9 })],
    ["adam", adam({ learningRate: 0.01 })],
    ["sgd", sgd({ learningRate: 0.1 })],
  ])("goes on with an optimizer that begins anew (%s), of a layer without a bias too", async (_, optimizer) => {
    const model = sequential([dense(8, "tanh", { bias: false }), dense(4)]);
    await expectFreshStart(device, { ...plan, model, optimizer });
  });
});

test.each(plans)(
  "a training by the %s plan that diverges names what a layer computed before its relu",
  async (_, fuse) => {
    // 3·10³⁸ is finite, its product with weights around 1 is not.
    const data = { ...regressor.data, inputs: new Float32Array(regressor.data.inputs.length).fill(3e38) };
    await withTrainer(device, { ...regressor, fuse, data }, async (trainer) => {
      const before = await trainer.parameters();
      const error = await rejection(trainer.step(3));
      expect(error).toBeInstanceOf(NumericError);
      expect(error).toMatchObject({ step: 1, tensor: fuse ? "h1" : "z1" });
      expectSameParameters(await trainer.parameters(), before);
    });
  },
);
