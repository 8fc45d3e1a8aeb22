import { expect } from "vitest";
import type { Device } from "../../src/device/open.ts";
import { countCalls } from "./counting.ts";
import { type Lives, live } from "./lives.ts";
import { openNullDevice } from "./null-device.ts";

/** Counts the reactions to the loss of a device. */
function counted(device: Device) {
  let reactions = 0;
  const { lost } = device;
  const react = lost.then.bind(lost);
  const value = (...given: Parameters<typeof react>) => {
    reactions++;
    return react(...given);
  };
  // biome-ignore lint/suspicious/noThenProperty: it is a promise, and stays one
  Object.defineProperty(lost, "then", { value });
  return () => reactions;
}

/** Bytes of NaN. */
const NOT_A_NUMBER = 0xff;

/**
 * Lives on Dawn's null device that leave no buffer, no reaction to the loss of the device, and no error that nobody asked for.
 * @param between is called with the lives of each round
 */
export async function soak(lives: number, rounds: number, between = async (_: Lives) => {}) {
  let byte = 0;
  const device = await openNullDevice(() => byte);
  try {
    const counter = countCalls(device.gpu);
    const reactions = counted(device);
    const uncaptured: string[] = [];
    device.gpu.addEventListener("uncapturederror", ({ error }) => uncaptured.push(error.message));
    const halt = () => {
      byte = NOT_A_NUMBER;
      return () => {
        byte = 0;
      };
    };
    let [calls, refused, halted] = [0, 0, 0];
    for (let round = 0; round < rounds; round++) {
      const all = await live(device, lives, round, halt);
      expect(all.unexpected).toEqual([]);
      // What was being made when its owner went is freed once it is there.
      await counter.when(() => counter.bytes() === 0);
      await device.gpu.queue.onSubmittedWorkDone();
      expect(uncaptured).toEqual([]);
      calls += all.calls;
      refused += all.refused;
      halted += all.halted;
      await between(all);
    }
    expect(counter.alive()).toEqual([]);
    expect(reactions()).toBeLessThanOrEqual(1);
    return { calls, refused, halted };
  } finally {
    device.destroy();
  }
}
