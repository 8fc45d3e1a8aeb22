import { expect, test } from "vitest";
import { useCounter, usePosingDevice } from "../../helpers/device.ts";
import { expectEnd, pending } from "../../helpers/ending.ts";
import { classes, classifier, withTrainer } from "../../helpers/training.ts";
import { trainersOn } from "../../helpers/trainings.ts";
import { turns } from "../../helpers/turns.ts";

const device = await usePosingDevice();
const counter = await useCounter();

/** More than any call takes until it waits for the device. */
const MOST = 60;

/** Turns of the event loop in which what a call began, which nobody waits for any more, is over. */
const SETTLED = 4;

test.each(Object.entries(pending))(
  "dispose at whatever turn of promises amid %s ends it, frees every buffer, and the device hears of nothing",
  async (_, call) => {
    const [[, make]] = trainersOn(device);
    // What is loaded once would take turns that later calls do not.
    await withTrainer(device, classifier, async (trainer) => {
      await call(trainer, await trainer.save());
      await trainer.evaluate(classes(5));
    }).catch(() => {});
    const faults: string[] = [];
    const uncaptured = ({ error }: GPUUncapturedErrorEvent) => void faults.push(error.message);
    device.gpu.addEventListener("uncapturederror", uncaptured);
    const before = counter.alive();
    for (let promises = 0; promises < MOST; promises++) {
      await expectEnd(make, call, { promises, loops: 0 });
      for (let i = 0; i < SETTLED; i++) {
        await device.gpu.queue.onSubmittedWorkDone();
        await turns();
      }
      expect([promises, faults, counter.alive()]).toEqual([promises, [], before]);
    }
    device.gpu.removeEventListener("uncapturederror", uncaptured);
  },
);
