import { afterAll, afterEach, describe, expect, test } from "vitest";
import { dense, sequential } from "../../src/model/layer.ts";
import { sgd } from "../../src/model/optimizer.ts";
import type { TrainerOptions } from "../../src/run/types.ts";
import { countCalls } from "../helpers/counting.ts";
import { fusedNetworks } from "../helpers/fused-networks.ts";
import { random, randomIntegers } from "../helpers/gpu.ts";
import { openNullDevice } from "../helpers/null-device.ts";
import { scriptTime } from "../helpers/scripted-time.ts";
import { classifier, withTrainer } from "../helpers/training.ts";
import { optionsOf } from "../helpers/two-plans.ts";

const device = await openNullDevice();
afterAll(() => device.destroy());
const counter = countCalls(device.gpu);
const run = scriptTime(device.gpu, counter);
afterEach(() => expect(counter.alive()).toEqual([]));

describe("the fused plan asks little of the device", () => {
  test.each([
    ["1 layer, sgd", 3],
    ["1 wide layer, momentum per step", 3 + 1],
    ["2 layers, adam", 3 * 2],
    ["2 layers, the last wide, adamw", 3 * 2 + 1],
    ["3 layers without bias, momentum", 3 * 3],
    ["4 layers, the last wide, biases decay too, sgd", 3 * 4 + 1],
  ])("a step of %s is %i dispatches", async (name, dispatches) => {
    const network = fusedNetworks[name] ?? expect.fail(`no network ${name}`);
    await withTrainer(device, optionsOf(network, { rows: 53, batch: 23 }), async (trainer) => {
      await trainer.step();
      counter.reset();
      await run(0, () => trainer.step(20));
      const { dispatchWorkgroups = 0, beginComputePass = 0 } = counter.counts;
      // Each submit is one pass, closed by one dispatch.
      expect(dispatchWorkgroups).toBe(20 * dispatches + beginComputePass);
      expect(trainer.plan.closing.length).toBe(1);
    });
  });

  test("in f16 a step is 3 dispatches a layer, and nothing from the CPU", async () => {
    await withTrainer(device, { ...classifier, precision: "f16" }, async (trainer) => {
      await trainer.step();
      counter.reset();
      await run(0, () => trainer.step(40));
      const {
        dispatchWorkgroups = 0,
        beginComputePass = 0,
        submit,
        createCommandEncoder,
        mapAsync,
        ...others
      } = counter.counts;
      // Each submit is one pass: two weight matrices are copied before, one line is recorded after.
      expect(dispatchWorkgroups).toBe(40 * 3 * 2 + 3 * beginComputePass);
      expect(others).toEqual({});
    });
  });
});

test("2-8-2 takes at least 16 steps a submit once their time is known", async () => {
  const model = sequential([dense(8, "tanh"), dense(2)]);
  const inputs = random(64 * 2, 1);
  const data = { inputs, targets: randomIntegers(64, 2, 2) };
  const options: TrainerOptions = { model, loss: "softmaxCrossEntropy", optimizer: sgd({ learningRate: 0.1 }), data };
  await withTrainer(device, options, async (trainer) => {
    // A dispatch holds up to 512 steps, and takes a millisecond.
    await run(1, () => trainer.step(128));
    counter.reset();
    await run(1, () => trainer.step(128));
    expect(counter.counts.beginComputePass).toBeLessThanOrEqual(128 / 16);
  });
});
