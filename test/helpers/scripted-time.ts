import { vi } from "vitest";
import type { Counter } from "./counting.ts";

/** Runs work by a clock that only the GPU and sleeps move: a dispatch takes `dispatch` ms, one after another. */
export type RunByClock = <T>(dispatch: number, work: () => Promise<T>) => Promise<T>;

/**
 * Has what waits for a device wait by a script, so that what depends on measured times can be told in advance.
 * @param counter of the same device, made before
 */
export function scriptTime(gpu: GPUDevice, counter: Counter): RunByClock {
  let [dispatch, end] = [0, 0];
  /** Resolves once all that was submitted before is done, by the script as on the device. */
  const done = async (real: Promise<undefined>): Promise<undefined> => {
    const at = end;
    await real;
    const left = at - performance.now();
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
    return undefined;
  };
  const { queue } = gpu;
  const { submit, onSubmittedWorkDone } = queue;
  queue.submit = (commands) => {
    submit.call(queue, commands);
    end = Math.max(end, performance.now()) + dispatch * (counter.submits().at(-1) ?? 0);
    return undefined;
  };
  queue.onSubmittedWorkDone = () => done(onSubmittedWorkDone.call(queue));
  const { createBuffer } = gpu;
  gpu.createBuffer = (descriptor) => {
    const buffer = createBuffer.call(gpu, descriptor);
    const { mapAsync } = buffer;
    buffer.mapAsync = (...given) => done(mapAsync.apply(buffer, given));
    return buffer;
  };
  return async (time, work) => {
    vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"] });
    [dispatch, end] = [time, 0];
    let running = true;
    try {
      const result = work().finally(() => {
        running = false;
      });
      result.catch(() => {});
      while (running) await vi.advanceTimersToNextTimerAsync();
      return await result;
    } finally {
      vi.useRealTimers();
      [dispatch, end] = [0, 0];
    }
  };
}
