import { describe, expect, test } from "vitest";
import { type Device, openDevice } from "../../../src/device/open.ts";
import { DeviceError } from "../../../src/errors.ts";
import { createTrainer } from "../../../src/run/trainer.ts";
import type { Trainer } from "../../../src/run/types.ts";
import { classes, classifier, rejection } from "../../helpers/training.ts";

describe("a device that is lost", () => {
  const message =
    "got a device that was destroyed, expected a device that works; open the device again and load the last checkpoint.";

  test.each([
    // As in a browser, where what waits fails first.
    ["after", ["destroy", "tell"]],
    ["before", ["tell", "destroy"]],
  ] as const)("rejects all that waits on it, and all later calls, with its loss, told %s", async (_, order) => {
    const { device, ...acts } = await openQuietly();
    // In one dispatch, whose step is one shader: each of these devices compiles its own.
    const trainer = await createTrainer(device, { ...classifier, oneDispatch: true, data: classes(1000), batch: 1 });
    await trainer.evaluate(classes(5));
    const underWay = submits(device.gpu, 3);
    const pending: Readonly<Record<string, Promise<unknown>>> = {
      step: trainer.step(1_000_000),
      fit: trainer.fit({ epochs: 100 }).next(),
      save: trainer.save(),
      read: trainer.read("W1"),
      parameters: trainer.parameters(),
      evaluate: trainer.evaluate(classes(5000)),
      predict: trainer.predict(classes(5000).inputs),
    };
    const outcomes = Promise.all(Object.entries(pending).map(outcome));
    // The training is under way by then, and the other calls wait for it.
    await underWay;
    for (const act of order) await acts[act]();
    const loss = await device.lost;
    expect(await outcomes).toEqual(Object.keys(pending).map((name) => [name, loss]));
    const later: Readonly<Record<string, Promise<unknown>>> = {
      step: trainer.step(),
      fit: trainer.fit({ epochs: 1 }).next(),
      ...Object.fromEntries(Object.entries(callsOf(trainer)).map(([name, call]) => [name, call()])),
    };
    expect(await Promise.all(Object.entries(later).map(outcome))).toEqual(
      Object.keys(later).map((name) => [name, loss]),
    );
  });

  test("rejects a trainer that is being made, or its first step", async () => {
    const own = await openDevice();
    const made = createTrainer(own, classifier).then((trainer) => trainer.step());
    own.destroy();
    await expectLoss(made);
  });

  const callsOf = (trainer: Trainer) => ({
    save: () => trainer.save(),
    read: () => trainer.read("W1"),
    parameters: () => trainer.parameters(),
    evaluate: () => trainer.evaluate(classes(5)),
    predict: () => trainer.predict([1, 2, 3]),
    setParameters: () => trainer.setParameters({ b2: [0, 0, 0, 0] }),
    setOptimizer: () => trainer.setOptimizer(classifier.optimizer),
    setData: () => trainer.setData(classifier.data),
    probe: () => trainer.probe([1, 2, 3]),
  });
  const outcome = async ([name, work]: [string, Promise<unknown>]) => [name, await rejection(work)];
  const expectLoss = async (work: Promise<unknown>) => {
    const error = await rejection(work);
    expect(error).toBeInstanceOf(DeviceError);
    expect(String(error)).toContain(message);
  };
});

/** A device whose loss is told when the test says so, before it is destroyed or after all that waits on it has failed. */
async function openQuietly() {
  const own = await openDevice();
  let tell = (_: DeviceError) => {};
  const lost = new Promise<DeviceError>((resolve) => {
    tell = resolve;
  });
  const device: Device = { ...own, lost };
  return {
    device,
    tell: async () =>
      tell(new DeviceError({ where: "the test", got: "a lost device", expected: "none", remedy: "go on" })),
    async destroy() {
      own.destroy();
      await own.lost;
      // The last of what waited fails before this, which was asked for after it.
      await rejection(own.gpu.createBuffer({ size: 4, usage: GPUBufferUsage.MAP_READ }).mapAsync(GPUMapMode.READ));
    },
  };
}

/** When a queue has been given so much more work. */
const submits = (gpu: GPUDevice, times: number): Promise<void> =>
  new Promise((resolve) => {
    const submit = gpu.queue.submit.bind(gpu.queue);
    let left = times;
    gpu.queue.submit = (commands) => {
      submit(commands);
      left -= 1;
      if (left === 0) resolve();
    };
  });
