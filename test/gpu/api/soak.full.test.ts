import { expect, test } from "vitest";
import { useCounter, usePosingDevice } from "../../helpers/device.ts";
import { live } from "../../helpers/lives.ts";

/** test/counts/soak.full.test.ts has thousands of them, on Dawn's null device. */
const LIVES = 100;

const device = await usePosingDevice();
const counter = await useCounter();

test(`${LIVES} trainers, predictors and sweeps that come and go leave nothing on the GPU, and no error that nobody asked for`, async () => {
  const before = counter.alive();
  const uncaptured: string[] = [];
  const listen = ({ error }: GPUUncapturedErrorEvent) => uncaptured.push(error.message);
  device.gpu.addEventListener("uncapturederror", listen);
  try {
    const { calls, refused, halted, unexpected } = await live(device, LIVES, 1);
    console.log(`soak: ${calls} calls, ${refused} refused, ${halted} halted`);
    expect(unexpected).toEqual([]);
    expect(halted).toBeGreaterThan(0);
    await counter.when(() => counter.alive().length === before.length);
    await device.gpu.queue.onSubmittedWorkDone();
    expect(uncaptured).toEqual([]);
    expect(counter.alive()).toEqual(before);
  } finally {
    device.gpu.removeEventListener("uncapturederror", listen);
  }
});
