import { describe, expect, test } from "vitest";
import { sumBytes } from "../../../src/plan/memory.ts";
import { createTrainer } from "../../../src/run/trainer.ts";
import { useCounter, usePosingDevice } from "../../helpers/device.ts";
import { classes, classifier, EPOCH_STEPS, plans } from "../../helpers/training.ts";

/** What test/counts asserts of Dawn's null device, as a device that runs has it. */

const device = await usePosingDevice();
const counter = await useCounter();

describe.each(plans)("trainer › on a device, %s plan", (_, fuse) => {
  test("asks for what its plan says, tells the bytes that it takes, and frees them", async () => {
    const trainer = await createTrainer(device, { ...classifier, fuse });
    const { steps, closing, tensors } = trainer.plan;
    expect(counter.alive().length).toBe(Object.keys(tensors).length + 3);
    expect(sumBytes(trainer.memory)).toBe(counter.bytes());
    counter.reset();
    await trainer.step();
    expect(counter.counts).toEqual({
      createCommandEncoder: 2,
      beginComputePass: 1,
      dispatchWorkgroups: steps.length + closing.length,
      submit: 2,
      mapAsync: 1,
    });
    for await (const report of trainer.fit({ epochs: 3 })) expect(report.epoch).toBeLessThanOrEqual(3);
    const {
      mapAsync,
      submit = 0,
      beginComputePass,
      dispatchWorkgroups,
      createCommandEncoder,
      ...others
    } = counter.counts;
    expect([mapAsync, others]).toEqual([4, {}]);
    expect([beginComputePass, createCommandEncoder]).toEqual([submit - 4, submit]);
    expect(dispatchWorkgroups).toBe(3 * EPOCH_STEPS * steps.length + (submit - 4) * closing.length);
    await trainer.evaluate(classes(9));
    await trainer.predict(classes(9).inputs);
    await trainer.read("W1");
    await trainer.save();
    expect(sumBytes(trainer.memory)).toBe(counter.bytes());
    trainer.dispose();
    expect(counter.alive()).toEqual([]);
  });
});
