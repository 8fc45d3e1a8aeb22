import { pollsWhileWaiting } from "../device/runtime.ts";

/** Time in ms between two looks at whether the GPU is done. */
const INTERVAL = 1;

/**
 * Lets Dawn for Node wait in peace. It looks whether the GPU is done by one `setImmediate` after the other, a busy loop that takes a
 * core from the compiler of the shaders and from a software adapter; now by timer. For a process of one's own: nothing else in
 * it may count on `setImmediate`.
 */
export function pollByTimer(): void {
  if (!pollsWhileWaiting()) return;
  // As it is now: tests put clocks of their own in its place.
  const { setTimeout: wait } = globalThis;
  const later = (callback: (...given: unknown[]) => void, ...given: unknown[]) => wait(callback, INTERVAL, ...given);
  Object.assign(globalThis, { setImmediate: later });
}
