import { afterAll, expect } from "vitest";
import { type Device, openDevice } from "../../src/device/open.ts";
import { type Counter, countCalls } from "./counting.ts";
import { posing } from "./disguise.ts";

/** One device for all files of a worker, whose shaders are compiled once: opened by the first file that asks. */
let shared: Promise<{ readonly device: Device; readonly counter: Counter }> | undefined;

async function open() {
  const device = await openDevice();
  return { device, counter: countCalls(device.gpu) };
}

/**
 * The device that the files of a worker share, for a file that neither loses it nor counts the pipelines that it compiles.
 * Once the file's tests are over, it asserts that they left no buffer behind.
 */
export async function useDevice(): Promise<Device> {
  shared ??= open();
  const { device, counter } = await shared;
  afterAll(() => expect(counter.alive(), "buffers that were not destroyed").toEqual([]));
  return device;
}

/** What is asked of the device that the files of a worker share. */
export async function useCounter(): Promise<Counter> {
  shared ??= open();
  return (await shared).counter;
}

/** The same, as if 32 of its invocations ran in lockstep: tiles follow less from sizes, and fewer shaders are compiled. */
export const usePosingDevice = async (): Promise<Device> => posing(await useDevice(), 32);
